// A client of the API. Tokens are kept in memory alone: who loads the page anew
// logs in anew, and nothing is left in the browser.
(() => {
  "use strict";
  const at = (id) => document.getElementById(id);
  let tokens = null;
  let page = 1;

  const say = (text, bad) => {
    at("said").textContent = text;
    at("said").classList.toggle("bad", Boolean(bad));
  };

  // ask gives the answer's JSON, or throws what it was refused with.
  const ask = async (method, path, body, anew) => {
    const headers = { Accept: "application/json" };
    if (tokens) headers.Authorization = "Bearer " + tokens.access;
    if (body) headers["Content-Type"] = "application/json";
    const answer = await fetch(path, { method, headers, cache: "no-store", body: body && JSON.stringify(body) });
    if (answer.status === 401 && tokens && !anew && await refreshed()) return ask(method, path, body, true);
    if (answer.status === 204) return null;
    const told = await answer.json().catch(() => ({}));
    if (answer.ok) return told;
    if (answer.status === 401 && tokens) {
      leave("");
      throw new Error("Your login has ended. Log in again.");
    }
    throw new Error(told.message || told.error || "The server answered " + answer.status + ".");
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
  const cell = (text, tag, label) => {
    const c = document.createElement(tag || "td");
    c.textContent = text;
    if (label) c.dataset.label = label;
    if (tag === "th") c.scope = "row";
    return c;
  };
  const when = (moment, otherwise) => moment ? new Date(moment).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : otherwise;

  const keyRow = (key) => {
    const row = document.createElement("tr");
    const value = (label, text) => cell(text, "td", label);
    row.append(cell(key.name, "th"), value("Begins with", key.prefix + "…"), value("State", key.status), value("From", key.allow_ip.join(", ") || "anywhere"),
      value("Last used", when(key.last_used_at, "never")), value("Ends", when(key.expires_at, "when revoked")));
    const action = cell("");
    if (key.status === "active") {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = "Revoke";
      button.setAttribute("aria-label", "Revoke the key " + key.name);
      button.addEventListener("click", () => doing(button, () => revoke(key)));
      action.append(button);
    }
    row.append(action);
    return row;
  };

  const revoke = async (key) => {
    if (!confirm("Revoke the key “" + key.name + "”? Whatever uses it is refused from now on.")) return;
    await ask("DELETE", "/api/v1/keys/" + key.id + "/");
    say("The key “" + key.name + "” is revoked.");
    await showKeys();
    at("keys-title").tabIndex = -1;
    at("keys-title").focus();
  };

  const showKeys = async (more) => {
    page = more ? page + 1 : 1;
    const list = await ask("GET", "/api/v1/keys/?page_size=50&page=" + page);
    if (!more) at("keys").replaceChildren();
    at("keys").append(...list.results.map(keyRow));
    if (list.count === 0) {
      const none = cell("There is no key yet.");
      none.colSpan = 7;
      const row = document.createElement("tr");
      row.append(none);
      at("keys").append(row);
    }
    at("older").hidden = !list.next;
  };

  const names = { "7azzani": "7AZZANI", secably: "SecAbly", issafesite: "IsSafeSite", scanner: "Scanner" };
  const limits = [
    ["requests_per_second", "requests a second and key"], ["requests_per_minute", "requests a minute"], ["requests_per_month", "requests a month"],
    ["scans_per_month", "scans a month"], ["targets", "targets"],
  ];
  const showAccount = async () => {
    const [account, scans] = await Promise.all([ask("GET", "/api/v1/account/"), ask("GET", "/api/scans/statistics/")]);
    at("email").textContent = account.email;
    at("plans").replaceChildren(...account.plans.map((plan) => {
      const row = document.createElement("tr");
      const allowed = limits.filter(([field]) => plan[field] !== null).map(([field, words]) => plan[field].toLocaleString() + " " + words);
      if (plan.credits_per_month) allowed.push(plan.credits_per_month.toLocaleString() + " credits a month");
      row.append(cell(names[plan.contract], "th"), cell(plan.plan), cell(allowed.join(", ") || "no limit of the plan's"));
      return row;
    }));
    const figures = [
      ["Scan credits", account.credits.balance], ["SecAbly requests this month", account.usage.requests_this_month], ["Targets", account.usage.targets],
      ["Scans", scans.total_scans], ["Findings", scans.vulnerabilities_found], ["Critical findings", scans.critical_issues],
    ];
    at("usage").replaceChildren(...figures.map(([name, n]) => {
      const figure = document.createElement("div");
      figure.append(cell(name, "dt"), cell(n.toLocaleString(), "dd"));
      return figure;
    }));
  };

  const enter = async (answer) => {
    tokens = { access: answer.access, refresh: answer.refresh };
    await Promise.all([showAccount(), showKeys()]);
    for (const form of document.forms) form.reset();
    at("entrance").hidden = true;
    at("inside").hidden = at("who").hidden = false;
    say("You are logged in.");
    at("main").focus();
  };

  const leave = (text) => {
    tokens = null;
    forget();
    for (const id of ["keys", "plans", "usage"]) at(id).replaceChildren();
    at("inside").hidden = at("who").hidden = true;
    at("entrance").hidden = false;
    say(text, true);
    at("login-email").focus();
  };

  const forget = () => {
    at("fresh-key").value = "";
    at("fresh").hidden = true;
  };

  // doing tells what goes wrong, and lets nobody press twice.
  const doing = async (button, what) => {
    button.disabled = true;
    try {
      await what();
    } catch (refused) {
      say(refused.message, true);
    } finally {
      button.disabled = false;
    }
  };
  const onSubmit = (id, what) => at(id).addEventListener("submit", (event) => {
    event.preventDefault();
    doing(event.target.querySelector("button"), () => what(Object.fromEntries(new FormData(event.target)), event.target));
  });

  onSubmit("login", async (fields) => enter(await ask("POST", "/api/v1/auth/login/", fields)));
  onSubmit("register", async (fields) => enter(await ask("POST", "/api/v1/auth/register/", fields)));
  onSubmit("make", async (fields, form) => {
    const key = { name: fields.name, allow_ip: fields.ips.split(/[\s,]+/).filter(Boolean) };
    if (fields.expires) key.expires_in = Number(fields.expires) * 24 * 60 * 60;
    forget();
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
  at("older").addEventListener("click", (event) => doing(event.target, () => showKeys(true)));
  at("out").addEventListener("click", () => leave("You are logged out."));

  at("entrance").hidden = false;
})();
