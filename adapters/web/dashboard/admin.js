import { action, ask, at, cell, figuresOf, fill, focusOn, keyValues, names, onPress, onSubmit, planRow, rowOf, say, start, when } from "/dashboard/client.js";

const all = "/api/v1/admin/accounts/";
let page = 1;
let search = "";
let opened = null;

const accountRow = (account) => {
  const paid = Object.entries(account.plans).filter(([, plan]) => plan !== "free").map(([contract, plan]) => names[contract] + " " + plan);
  const row = rowOf(account.email + (account.operator ? " (operator)" : ""), [
    ["Name", (account.first_name + " " + account.last_name).trim() || "—"], ["Plans", paid.join(", ") || "free"],
    ["Credits", account.balance.toLocaleString()], ["Since", when(account.date_joined)],
  ]);
  row.append(action("Open", "Open the account " + account.email, () => open(account.id)));
  return row;
};

const showAccounts = async (more) => {
  page = more ? page + 1 : 1;
  const list = await ask("GET", all + "?page_size=20&page=" + page + "&search=" + encodeURIComponent(search));
  const rows = list.results.map(accountRow);
  if (more) at("accounts").append(...rows);
  else fill(at("accounts"), rows, "No account is found.", 6);
  at("count").textContent = list.count.toLocaleString() + (list.count === 1 ? " account" : " accounts");
  at("older").hidden = !list.next;
};

const show = async (id) => {
  const account = await ask("GET", all + id + "/");
  opened = account;
  at("account-title").textContent = account.email;
  at("figures").replaceChildren(...figuresOf([
    ["Credits", account.credits.balance], ["of this month's plan", account.credits.monthly_credits], ["that stay", account.credits.purchased_credits],
    ["SecAbly requests this month", account.usage.requests_this_month], ["Targets", account.usage.targets],
  ]));
  at("plans").replaceChildren(...account.plans.map(planRow));
  fill(at("changes"), account.plan_changes.map((c) => rowOf(when(c.at), [["API", names[c.contract]], ["Plan", c.plan], ["Why", c.reason || "—"], ["By", c.actor]])), "No plan was changed.", 5);
  fill(at("ledger"), account.ledger.slice().reverse().map((e) => rowOf(when(e.at), [
    ["Amount", (e.amount > 0 ? "+" : "") + e.amount.toLocaleString()], ["What", e.kind], ["Why", e.reason || e.cause],
  ])), "There are no entries yet.", 4);
  fill(at("keys"), account.keys.map((key) => rowOf(key.name, keyValues(key))), "There is no key.", 6);
  at("account").hidden = false;
};

const open = async (id) => {
  await show(id);
  for (const form of ["plan", "credits"]) at(form).reset();
  choose();
  renew();
  say("");
  focusOn("account-title");
};

// choose offers the plans of the contract that is chosen, its own first.
const choose = () => {
  const contract = at("plan-contract").value;
  const own = opened.plans.find((plan) => plan.contract === contract);
  at("plan-name").replaceChildren(...opened.offers[contract].map((name) => new Option(name, name, false, own.plan === name)));
};

// renew draws the keys under which the next requests have their effect once. What
// is filled in anew is another request.
const once = {};
const renew = () => {
  for (const form of ["plan", "credits"]) once[form] = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
};

const change = async (form, body, said) => {
  await ask("POST", all + opened.id + "/" + form + "/", body, once[form]);
  at(form).reset();
  renew();
  say(said);
  await Promise.all([show(opened.id), showAccounts()]);
  choose();
};

start(async () => {
  search = "";
  try {
    await showAccounts();
  } catch (refused) {
    if (refused.status === 403) throw new Error("This account does not administer the installation.");
    throw refused;
  }
}, () => {
  opened = null;
  at("account").hidden = true;
  for (const id of ["accounts", "plans", "changes", "ledger", "keys", "figures"]) at(id).replaceChildren();
});

onSubmit("find", async (fields) => {
  search = fields.search.trim();
  await showAccounts();
  say(search ? "" : "All accounts are shown.");
});
onSubmit("plan", (fields) => change("plan", { contract: fields.contract, plan: fields.plan, reason: fields.reason }, opened.email + " has the plan " + fields.plan + " of " + names[fields.contract] + "."));
onSubmit("credits", (fields) => change("credits", { credits: Number(fields.credits), reason: fields.reason }, opened.email + " has been given " + Number(fields.credits).toLocaleString() + " credits."));
onPress("older", () => showAccounts(true));
at("plan-contract").addEventListener("change", choose);
for (const form of ["plan", "credits"]) at(form).addEventListener("input", renew);
