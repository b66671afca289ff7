import { action, ask, at, cell, doing, figuresOf, fill, focusOn, keyValues, names, onPress, onSubmit, planRow, rowOf, say, start } from "/dashboard/client.js";

let page = 1;

const keyRow = (key) => {
  const row = rowOf(key.name, keyValues(key));
  row.append(key.status === "active" ? action("Revoke", "Revoke the key " + key.name, () => revoke(key)) : cell(""));
  return row;
};

const revoke = async (key) => {
  if (!confirm("Revoke the key “" + key.name + "”? Whatever uses it is refused from now on.")) return;
  await ask("DELETE", "/api/v1/keys/" + key.id + "/");
  say("The key “" + key.name + "” is revoked.");
  await showKeys();
  focusOn("keys-title");
};

const showKeys = async (more) => {
  page = more ? page + 1 : 1;
  const list = await ask("GET", "/api/v1/keys/?page_size=50&page=" + page);
  const rows = list.results.map(keyRow);
  if (more) at("keys").append(...rows);
  else fill(at("keys"), rows, "There is no key yet.", 7);
  at("older").hidden = !list.next;
};

const showAccount = async () => {
  const [account, scans] = await Promise.all([ask("GET", "/api/v1/account/"), ask("GET", "/api/scans/statistics/")]);
  at("plans").replaceChildren(...account.plans.map(planRow));
  at("usage").replaceChildren(...figuresOf([
    ["Scan credits", account.credits.balance], ["SecAbly requests this month", account.usage.requests_this_month], ["Targets", account.usage.targets],
    ["Scans", scans.total_scans], ["Findings", scans.vulnerabilities_found], ["Critical findings", scans.critical_issues],
  ]));
};

const callsOf = {
  day: ["Day", (row) => new Date(row.day + "T12:00:00").toLocaleDateString(undefined, { dateStyle: "medium" })],
  operation: ["Operation", (row) => row.method + " " + row.operation + " (" + names[row.contract] + ")"],
  key: ["API key", (row) => row.key_name || row.key || "logged in, without a key"],
};

const callRow = (name, row) => rowOf(name, [
  ["Calls", row.requests.toLocaleString()], ["Refused", row.statuses["4xx"].toLocaleString()], ["Failed", row.statuses["5xx"].toLocaleString()],
  ["Half took", row.duration_ms.p50.toLocaleString() + " ms"], ["95 % took", row.duration_ms.p95.toLocaleString() + " ms"],
]);

const showCalls = async (by) => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const told = await ask("GET", "/api/v1/usage/?by=" + by + "&time_zone=" + encodeURIComponent(zone));
  const [title, nameOf] = callsOf[by];
  const rows = by === "day" ? told.results.reverse() : told.results;
  at("counted-by").textContent = title;
  at("counted").textContent = rows.reduce((n, row) => n + row.requests, 0).toLocaleString() + " calls, through all APIs. A call is counted some seconds after it was answered.";
  fill(at("calls"), rows.map((row) => callRow(nameOf(row), row)), "No call is counted yet.", 6);
};

// The rest of the page is of use without what is counted.
const showFirstCalls = () => showCalls("day").catch((refused) => {
  at("counted").textContent = refused.message;
  at("calls").replaceChildren();
});

const forgetKey = () => {
  at("fresh-key").value = "";
  at("fresh").hidden = true;
};

start(() => Promise.all([showAccount(), showKeys(), showFirstCalls()]), () => {
  forgetKey();
  for (const id of ["keys", "plans", "usage", "calls", "counted"]) at(id).replaceChildren();
});

onSubmit("make", async (fields, form) => {
  const key = { name: fields.name, allow_ip: fields.ips.split(/[\s,]+/).filter(Boolean) };
  if (fields.expires) key.expires_in = Number(fields.expires) * 24 * 60 * 60;
  forgetKey();
  const made = await ask("POST", "/api/v1/keys/", key);
  form.reset();
  at("fresh-key").value = made.key;
  at("fresh").hidden = false;
  at("fresh-key").focus();
  at("fresh-key").select();
  say("The key “" + made.name + "” is made.");
  await showKeys();
});
at("copy").addEventListener("click", async () => {
  at("fresh-key").select();
  try {
    await navigator.clipboard.writeText(at("fresh-key").value);
    say("The key is copied.");
  } catch (refused) {
    say("The key is selected: copy it with your keyboard.");
  }
});
onPress("older", () => showKeys(true));
onSubmit("count", async (fields) => {
  await showCalls(fields.by);
  say("The calls are counted by " + callsOf[fields.by][0].replace(/^[DO]/, (first) => first.toLowerCase()) + ".");
});
