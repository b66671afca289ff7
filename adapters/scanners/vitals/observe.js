// Runs in a world of its own beside each document, before the page's scripts,
// which can neither see nor change it. It tells what the performance timeline has.
(() => {
	if (self !== top) return;
	const most = 2000; // entries of a type: a page at rest has fewer
	const told = {};
	const common = e => ({entryType: e.entryType, startTime: e.startTime, duration: e.duration});
	const shapes = {
		"navigation": e => ({responseStart: e.responseStart, responseEnd: e.responseEnd, domContentLoadedEventEnd: e.domContentLoadedEventEnd, loadEventEnd: e.loadEventEnd}),
		"paint": e => ({name: e.name}),
		"largest-contentful-paint": e => ({size: e.size}),
		"layout-shift": e => ({value: e.value, hadRecentInput: e.hadRecentInput}),
		"longtask": e => ({}),
		"resource": e => ({responseStart: e.responseStart, responseEnd: e.responseEnd}),
	};
	const tell = (type, entries) => {
		told[type] = (told[type] || 0) + entries.length;
		scanledgerTell(JSON.stringify({
			origin: performance.timeOrigin, ended: performance.now(), url: location.href.slice(0, 2048), flood: told[type] > most,
			entries: told[type] > most ? [] : entries.map(e => ({...common(e), ...shapes[type](e)})),
		}));
	};
	for (const type in shapes) {
		new PerformanceObserver(list => tell(type, list.getEntries())).observe({type, buffered: true});
	}
	const navigation = () => setTimeout(() => tell("navigation", performance.getEntriesByType("navigation")));
	addEventListener("DOMContentLoaded", navigation);
	addEventListener("load", navigation);
	setInterval(() => tell("", []), 250);
})();
