// What the pages have in common as clients of the API. Tokens are kept in memory
// alone: who loads a page anew logs in anew, and nothing is left in the browser.
export const at = (id) => document.getElementById(id);
let tokens = null;
let forget = () => {};

export const say = (text, bad) => {
  at("said").textContent = text;
  at("said").classList.toggle("bad", Boolean(bad));
};

// send gives the answer, or throws what it was refused with. Under one key a
// request has its effect once, however often it is sent.
export const send = async (method, path, body, once, anew) => {
  const headers = { Accept: "application/json" };
  if (tokens) headers.Authorization = "Bearer " + tokens.access;
  if (body) headers["Content-Type"] = "application/json";
  if (once) headers["Idempotency-Key"] = once;
  const answer = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
  if (answer.status === 401 && tokens && !anew && await refreshed()) return send(method, path, body, once, true);
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401 && tokens) {
    leave("");
    throw new Error("Your login has ended. Log in again.");
  }
  const refused = new Error(told.message || told.error || "The server answered " + answer.status + ".");
  refused.status = answer.status;
  throw refused;
};

// ask is send for an answer in JSON.
export const ask = async (method, path, body, once) => {
  const answer = await send(method, path, body, once);
  return answer.status === 204 ? null : answer.json().catch(() => ({}));
};

// refreshed spends the refresh token; requests that meet do it once together.
let refreshing = null;
const refreshed = () => {
  refreshing = refreshing || (async () => {
    const spent = tokens.refresh;
    const answer = await fetch("/api/v1/auth/refresh/", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ refresh: spent }) });
    if (!answer.ok) return false;
    const next = await answer.json();
    if (!tokens) return false;
    tokens = { access: next.access, refresh: next.refresh };
    return true;
  })().catch(() => false).finally(() => { refreshing = null; });
  return refreshing;
};

// cell has a label of its own for where the table is too narrow for columns.
export const cell = (text, tag, label) => {
  const c = document.createElement(tag || "td");
  c.textContent = text;
  if (label) c.dataset.label = label;
  if (tag === "th") c.scope = "row";
  return c;
};

// rowOf has a name, and values by their labels.
export const rowOf = (name, values) => {
  const row = document.createElement("tr");
  row.append(cell(name, "th"), ...values.map(([label, text]) => cell(text, "td", label)));
  return row;
};

// fill shows rows, or that there are none.
export const fill = (body, rows, none, columns) => {
  body.replaceChildren(...rows);
  if (rows.length > 0) return;
  const row = document.createElement("tr");
  const all = cell(none);
  all.colSpan = columns;
  row.append(all);
  body.append(row);
};

// action is a small button of a row.
export const action = (text, label, what) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = text;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => doing(button, what));
  const c = cell("");
  c.append(button);
  return c;
};

export const when = (moment, otherwise) => moment ? new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : otherwise;

export const keyValues = (key) => [
  ["Begins with", key.prefix + "…"], ["State", key.status], ["From", key.allow_ip.join(", ") || "anywhere"],
  ["Last used", when(key.last_used_at, "never")], ["Ends", when(key.expires_at, "when revoked")],
];

export const names = { "7azzani": "7AZZANI", secably: "SecAbly", issafesite: "IsSafeSite", scanner: "Scanner" };
const limits = [
  ["requests_per_second", "requests a second and key"], ["requests_per_minute", "requests a minute"], ["requests_per_month", "requests a month"],
  ["scans_per_month", "scans a month"], ["targets", "targets"],
];
export const planRow = (plan) => {
  const allowed = limits.filter(([field]) => plan[field] !== null).map(([field, words]) => plan[field].toLocaleString() + " " + words);
  if (plan.credits_per_month) allowed.push(plan.credits_per_month.toLocaleString() + " credits a month");
  return rowOf(names[plan.contract], [["Plan", plan.plan], ["What it allows", allowed.join(", ") || "no limit of the plan's"]]);
};

export const figuresOf = (figures) => figures.map(([name, n]) => {
  const figure = document.createElement("div");
  figure.append(cell(name, "dt"), cell(n.toLocaleString(), "dd"));
  return figure;
});

// focusOn leads whoever reads by keyboard to what has changed.
export const focusOn = (id) => {
  at(id).tabIndex = -1;
  at(id).focus();
};

// doing tells what goes wrong, and lets nobody press twice.
export const doing = async (button, what) => {
  button.disabled = true;
  try {
    await what();
  } catch (refused) {
    say(refused.message, true);
  } finally {
    button.disabled = false;
  }
};
export const onSubmit = (id, what) => at(id).addEventListener("submit", (event) => {
  event.preventDefault();
  doing(event.target.querySelector("button"), () => what(Object.fromEntries(new FormData(event.target)), event.target));
});
export const onPress = (id, what) => at(id).addEventListener("click", (event) => doing(event.target, what));

export const leave = (text) => {
  tokens = null;
  forget();
  at("email").textContent = "";
  at("inside").hidden = at("who").hidden = true;
  at("entrance").hidden = false;
  say(text, true);
  at("login-email").focus();
};

// start opens the entrance: who logs in, or makes an account where that is offered,
// is shown what show shows, which cleared takes away again.
export const start = (show, cleared) => {
  forget = cleared;
  const enter = async (answer, email) => {
    tokens = { access: answer.access, refresh: answer.refresh };
    try {
      await show();
    } catch (refused) {
      leave("");
      throw refused;
    }
    for (const form of document.forms) form.reset();
    at("email").textContent = email;
    at("entrance").hidden = true;
    at("inside").hidden = at("who").hidden = false;
    say("You are logged in.");
    at("main").focus();
  };
  for (const { id } of document.querySelectorAll("#entrance form")) { // login, register
    onSubmit(id, async (fields) => enter(await ask("POST", "/api/v1/auth/" + id + "/", fields), fields.email));
  }
  at("out").addEventListener("click", () => leave("You are logged out."));
  at("entrance").hidden = false;
};
