import { at, figuresOf, fill, onSubmit, rowOf, say, when } from "/dashboard/client.js";
import { measure, reach } from "/speedtest/measure.js";

const words = { ping: "Measuring round trips", loss: "Counting lost packets", download: "Measuring the download", upload: "Measuring the upload" };
const uses = { streaming: "Streaming", gaming: "Gaming", rtc: "Calls" };
const store = "scanledger.speedtests";
const most = 50;

const number = (v, unit, digits) => (v === null || v === undefined ? "not measured" : v.toLocaleString(undefined, { maximumFractionDigits: digits }) + " " + unit);
const megabits = (bps) => number(bps === null ? null : bps / 1e6, "Mbit/s", 1);
const milliseconds = (ms) => number(ms, "ms", 1);
const percent = (share) => number(share === null || share === undefined ? null : share * 100, "%", 2);

// The tests of this browser, the newest first, in its own store.
const past = () => {
  try {
    const list = JSON.parse(localStorage.getItem(store) || "[]");
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
};
const remember = (list) => {
  try {
    if (list.length) localStorage.setItem(store, JSON.stringify(list.slice(0, most)));
    else localStorage.removeItem(store);
  } catch {
    say("The result is shown, and cannot be kept in this browser.", true);
  }
};

const show = (f) => {
  at("figures").replaceChildren(...figuresOf([
    ["Download", megabits(f.download_bps)], ["Upload", megabits(f.upload_bps)], ["Ping", milliseconds(f.latency_ms)], ["Jitter", milliseconds(f.jitter_ms)], ["Packet loss", percent(f.packet_loss)],
    ["Ping while downloading", milliseconds(f.download_latency_ms)], ["Ping while uploading", milliseconds(f.upload_latency_ms)], ["Grade under load", f.bufferbloat || "not measured"],
  ]));
  at("scores").replaceChildren(...figuresOf(Object.entries(f.scores || {}).map(([use, s]) => [uses[use] || use, s.class])));
};

const showPast = () => {
  const list = past();
  fill(at("history"), list.map(({ at: moment, figures: f }) => rowOf(when(moment), [
    ["Download", megabits(f.download_bps)], ["Upload", megabits(f.upload_bps)], ["Ping", milliseconds(f.latency_ms)], ["Jitter", milliseconds(f.jitter_ms)], ["Loss", percent(f.packet_loss)], ["Under load", f.bufferbloat || "not measured"],
  ])), "There is none yet.", 7);
  at("forget").hidden = list.length === 0;
};

const ask = async (path, body, headers) => {
  const options = { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) };
  return reach(path, options, async (answer) => {
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.message || told.error || "The server answered " + answer.status + ".");
    return told;
  });
};

let samples = null;
let stopping = null;

// running shows that a test is under way, or that none is.
const running = (yes) => {
  at("progress").hidden = at("stop").hidden = !yes;
  at("begin").hidden = at("amount").disabled = yes;
  at(yes ? "stop" : "begin").focus();
};

const run = async () => {
  stopping = new AbortController();
  const amount = document.querySelector("input[name=amount]:checked").value;
  at("progress").value = 0;
  at("keep").hidden = true;
  for (const id of ["figures", "scores"]) at(id).replaceChildren();
  running(true);
  let before = "";
  try {
    samples = await measure(amount, stopping.signal, (what, share, mbps) => {
      at("progress").value = share;
      if (mbps !== undefined) at("figures").replaceChildren(...figuresOf([[what === "download" ? "Download" : "Upload", number(mbps, "Mbit/s", 1)]]));
      if (what !== before) say(words[what] + "…"); // said once each, for those who listen
      before = what;
    });
    const figures = await ask("/speedtest/figures", samples);
    show(figures);
    remember([{ at: new Date().toISOString(), figures }, ...past()]);
    showPast();
    at("keep").hidden = false;
    say("Done: download " + megabits(figures.download_bps) + ", upload " + megabits(figures.upload_bps) + ", ping " + milliseconds(figures.latency_ms) + ".");
  } catch (refused) {
    at("figures").replaceChildren();
    say(stopping.signal.aborted ? "Stopped." : refused.message, !stopping.signal.aborted);
  } finally {
    running(false);
  }
};

at("begin").addEventListener("click", run);
at("stop").addEventListener("click", () => stopping.abort());
at("forget").addEventListener("click", () => {
  remember([]);
  showPast();
  say("The tests of this browser are forgotten.");
  at("main").focus();
});
onSubmit("send", async (fields, form) => {
  const kept = await ask("/speedtest/api/v1/run/", { samples }, { Authorization: "Bearer " + fields.key.trim() });
  form.reset();
  at("keep").hidden = true;
  say("Kept as " + kept.test_id + ".");
  at("main").focus();
});
showPast();
