// Measures the line to the server of this page, one request after the other as
// Cloudflare's engine does: round trips, then larger and larger transfers until
// one takes a second, with round trips beside them. What it gives are the raw
// samples; what they come to, the server says.

const enough = 1000; // ms of a request that ends its direction
const throttle = 400; // ms between round trips beside a transfer
const sets = {
  full: {
    download: [[1e5, 10], [1e6, 8], [1e7, 6], [2.5e7, 4], [1e8, 3]],
    upload: [[1e5, 8], [1e6, 6], [1e7, 4], [2.5e7, 4], [5e7, 3]],
  },
  little: {
    download: [[1e5, 4], [1e6, 4], [5e6, 2]],
    upload: [[1e5, 4], [1e6, 3], [4e6, 2]],
  },
};
const idlePings = 20;
const packets = { full: 1000, little: 200 };
const connecting = 5000; // ms until packets come through
const packetSteps = 5; // of the progress
const waiting = 3000; // ms for more of them to come

// reach is fetch, with words for who cannot reach the server.
const unreached = "The server cannot be reached. Try again when this device is online.";
export const reach = async (url, options, read) => {
  try {
    return await read(await fetch(url, options));
  } catch (refused) {
    throw refused instanceof TypeError ? new Error(unreached) : refused;
  }
};

// exchange makes a request and says when its parts were, by the browser's own
// clock of requests where that has them.
let number = 0;
const exchange = async (path, options, signal) => {
  const url = new URL(path + (path.includes("?") ? "&" : "?") + "n=" + ++number, location.href).href;
  const began = performance.now();
  let first = began;
  const [answer, bytes] = await reach(url, { ...options, signal, cache: "no-store", credentials: "omit" }, async (a) => {
    first = performance.now();
    if (!a.ok) throw new Error((await a.json().catch(() => ({}))).error || "The server answered " + a.status + ".");
    return [a, (await a.arrayBuffer()).byteLength];
  });
  const end = performance.now();
  const entry = performance.getEntriesByName(url).pop();
  performance.clearResourceTimings();
  const said = /cfRequestDuration;dur=([0-9.]+)/.exec(answer.headers.get("Server-Timing") || "");
  const exact = entry && entry.requestStart > 0 && entry.responseStart > 0;
  return {
    bytes, size: entry && entry.transferSize,
    sent: exact ? entry.requestStart : began, first: exact ? entry.responseStart : first, end: exact ? entry.responseEnd : end,
    server: said ? Number(said[1]) : 0,
  };
};

const tidy = (ms) => Math.max(0, Math.round(ms * 1000) / 1000);

const ping = async (signal) => {
  const x = await exchange("/__down?bytes=0", {}, signal);
  return tidy(x.first - x.sent - x.server);
};

// beside makes round trips until what is under way is over.
const beside = (signal) => {
  const pings = [];
  let over = false;
  let wake = () => {};
  const running = (async () => {
    while (!over) {
      const began = performance.now();
      try {
        const ms = await ping(signal);
        if (!over) pings.push(ms);
      } catch {
        if (signal.aborted) return;
      }
      const rest = throttle - (performance.now() - began);
      if (!over && rest > 0) await new Promise((resolve) => { wake = resolve; setTimeout(resolve, rest); });
    }
  })();
  return async () => {
    over = true;
    wake();
    await running;
    return pings;
  };
};

const moves = {
  download: async (size, signal) => {
    const x = await exchange("/__down?bytes=" + size, {}, signal);
    const ms = tidy(x.end - x.sent);
    return { size, bytes: x.size || x.bytes, ms, server_ms: Math.min(tidy(x.server), ms) };
  },
  upload: async (size, signal) => {
    const x = await exchange("/__up", { method: "POST", body: filler(size), headers: { "Content-Type": "application/octet-stream" } }, signal);
    const ms = tidy(x.first - x.sent);
    return { size, ms, server_ms: Math.min(tidy(x.server), ms) };
  },
};

// filler is so many random bytes: a part of what was drawn once.
let drawn = new Blob([]);
const filler = (size) => {
  const block = new Uint8Array(65536);
  const more = [];
  for (let have = drawn.size; have < size; have += block.length) {
    crypto.getRandomValues(block);
    more.push(block.slice());
  }
  if (more.length) drawn = new Blob([drawn, ...more]);
  return drawn.slice(0, size);
};

// lost counts the packets that do not come back, and gives nothing where none can
// come through, as behind many a firewall, or the browser has no way to send any.
const lost = async (count, signal, tell) => {
  try {
    const creds = await reach("/turn-creds", { signal, cache: "no-store", credentials: "omit" }, async (a) => (a.ok ? a.json() : null));
    return creds ? await counted(creds, count, signal, tell) : {};
  } catch (refused) {
    if (signal.aborted || refused.message === unreached) throw refused;
    return {};
  }
};

// counted sends packets from this browser through the server to this browser, ten
// each 10 ms.
const counted = async ({ username, credential, server }, count, signal, tell) => {
  const relayed = { iceServers: [{ urls: "turn:" + server + "?transport=udp", username, credential }], iceTransportPolicy: "relay" };
  const [from, to] = [new RTCPeerConnection(relayed), new RTCPeerConnection(relayed)];
  const hears = (pc, other) => { pc.onicecandidate = (e) => { if (e.candidate && e.candidate.candidate) other.addIceCandidate(e.candidate).catch(() => {}); }; };
  hears(from, to);
  hears(to, from);
  const came = new Set();
  const channel = from.createDataChannel("packets", { ordered: false, maxRetransmits: 0 });
  let last = 0;
  to.ondatachannel = (e) => { e.channel.onmessage = (m) => { came.add(m.data); last = performance.now(); }; };
  const until = async (done, ms) => {
    for (const began = performance.now(); !done() && performance.now() - began < ms;) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return done();
  };
  try {
    await from.setLocalDescription();
    await to.setRemoteDescription(from.localDescription);
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription);
    if (!await until(() => channel.readyState === "open", connecting)) return {};
    let sent = 0;
    while (sent < count && channel.readyState === "open") {
      for (let n = 0; n < 10 && sent < count; n++) channel.send(String(++sent));
      tell(sent / count);
      await until(() => false, 10);
    }
    last = performance.now();
    await until(() => came.size === sent || performance.now() - last >= waiting, 60_000);
    return came.size > 0 ? { packets_sent: sent, packets_lost: sent - came.size } : {};
  } finally {
    from.close();
    to.close();
  }
};

// measure gives the samples. tell is told what is measured, how far all is from 0
// to 1, and the speed of the last transfer in Mbit/s.
export const measure = async (amount, signal, tell) => {
  const samples = { idle_ms: [], download: [], upload: [] };
  const steps = idlePings + packetSteps + ["download", "upload"].flatMap((way) => sets[amount][way]).reduce((sum, [, count]) => sum + count, 0);
  let done = 0;
  const step = (what, mbps) => tell(what, Math.min(1, ++done / steps), mbps);
  await ping(signal); // which makes the connection
  for (let n = 0; n < idlePings; n++) {
    samples.idle_ms.push(await ping(signal));
    step("ping");
  }
  const before = done;
  tell("loss", done / steps);
  Object.assign(samples, await lost(packets[amount], signal, (share) => tell("loss", (before + share * packetSteps) / steps)));
  done = before + packetSteps;
  for (const way of ["download", "upload"]) {
    let slow = false;
    for (const [size, count] of sets[amount][way]) {
      for (let n = 0; n < count && !signal.aborted; n++) {
        if (!slow) {
          const stop = beside(signal);
          let moved;
          try {
            moved = await moves[way](size, signal);
          } finally {
            const pings = await stop();
            if (moved) moved.pings_ms = pings;
          }
          samples[way].push(moved);
          step(way, (8 * (moved.bytes || size)) / Math.max(moved.ms - moved.server_ms, 0.001) / 1000);
        } else {
          step(way);
        }
      }
      slow = slow || samples[way].some((t) => t.size === size && t.ms >= enough);
    }
  }
  signal.throwIfAborted();
  return samples;
};
