(() => {
  const status = document.getElementById("status");
  let waiting = false;
  const live = () => document.querySelector("main[data-live]");
  const refresh = async () => {
    waiting = false;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok) {
        const next = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.querySelector("main").replaceWith(document.adoptNode(next.querySelector("main")));
        document.title = next.title;
        status.textContent = document.querySelector(".summary").textContent;
      }
    } catch (lost) {}
    soon(stream && stream.readyState === EventSource.OPEN ? 15000 : 3000);
  };
  let timer;
  const soon = (delay) => {
    clearTimeout(timer);
    if (live()) timer = setTimeout(refresh, delay);
    else if (stream) stream.close();
  };
  const heard = () => {
    if (!waiting) { waiting = true; soon(500); }
  };
  const address = live().dataset.events;
  const stream = address ? new EventSource(address) : null;
  if (stream) {
    for (const type of ["message", "scan.started", "probe.progressed", "probe.finished", "finding.raised", "scan.completed", "scan.failed", "scan.cancelled"])
      stream.addEventListener(type, heard);
  }
  soon(3000);
})();
