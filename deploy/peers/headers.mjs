// Runs the tests of @mdn/mdn-http-observatory on sites of this machine:
//
//	node headers.mjs FOLDER < SITES > RESULTS
//
// FOLDER is where npm put the package. SITES is a JSON list of
// {name, http, https} with the ports of each site on 127.0.0.1, RESULTS an
// object of an object of results by test, by name.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(process.argv[2], "node_modules/@mdn/mdn-http-observatory");
const conf = join(folder, "conf");
if (!existsSync(join(conf, "hsts-preload.json"))) {
	mkdirSync(conf, { recursive: true });
	writeFileSync(join(conf, "hsts-preload.json"), "{}"); // it fetches the list where it is installed; no site here is on it
}
const { retrieve } = await import(join(folder, "src/retriever/retriever.js"));
const { ALL_TESTS } = await import(join(folder, "src/constants.js"));

const results = {};
for (const site of JSON.parse(readFileSync(0, "utf8"))) {
	const seen = await retrieve("127.0.0.1", { httpPort: site.http, httpsPort: site.https });
	const all = {};
	for (const test of ALL_TESTS) {
		try {
			const output = test(seen);
			all[output.constructor.name] = output.result;
		} catch (error) {
			all[test.name] = `threw: ${error.message}`;
		}
	}
	results[site.name] = all;
}
process.stdout.write(JSON.stringify(results, null, 1) + "\n");
process.exit(0);
