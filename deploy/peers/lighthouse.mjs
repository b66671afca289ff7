// Runs lighthouse, unthrottled, on pages of this machine:
//
//	node lighthouse.mjs FOLDER seo|vitals < URLS > RESULTS
//
// FOLDER is where npm put the package. URLS is a JSON list, RESULTS a list of
// what is told of each: of the SEO audits "pass", "fail", "not_applicable" or
// "error: …" by their ids, of the vitals their numbers.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [folder, what] = process.argv.slice(2);
const modules = join(folder, "node_modules");
const { default: lighthouse } = await import(join(modules, "lighthouse/core/index.js"));
const { launch } = await import(join(modules, "chrome-launcher/dist/index.js"));

const seo = lhr => Object.fromEntries(lhr.categories.seo.auditRefs.map(({ id }) => {
	const { scoreDisplayMode, score, errorMessage } = lhr.audits[id];
	switch (scoreDisplayMode) {
		case "notApplicable": return [id, "not_applicable"];
		case "error": return [id, "error: " + errorMessage];
		case "manual": return [id, "manual"];
		default: return [id, score === 1 ? "pass" : "fail"];
	}
}).filter(([, outcome]) => outcome !== "manual"));

const vitals = lhr => {
	const m = lhr.audits.metrics.details?.items?.[0] ?? {};
	return {
		lcp: m.largestContentfulPaint, cls: m.cumulativeLayoutShift, fcp: m.firstContentfulPaint,
		ttfb: m.timeToFirstByte, tbt: m.totalBlockingTime, error: lhr.runtimeError?.message,
	};
};

const chrome = await launch({ chromeFlags: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"], logLevel: "silent" });
const results = [];
try {
	for (const url of JSON.parse(readFileSync(0, "utf8"))) {
		const only = what === "seo" ? { onlyCategories: ["seo"] } : { onlyAudits: ["metrics"] };
		const { lhr } = await lighthouse(url, { port: chrome.port, throttlingMethod: "provided", logLevel: "silent", disableFullPageScreenshot: true, ignoreStatusCode: true, ...only });
		results.push(what === "seo" ? seo(lhr) : vitals(lhr));
	}
} finally {
	await chrome.kill();
}
process.stdout.write(JSON.stringify(results, null, 1) + "\n");
process.exit(0);
