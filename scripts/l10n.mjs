// Writes l10n/bundle.l10n.json from the sources, and says what it and the translations lack; with --check it only compares. Exits with 1 where something is amiss.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { problemsOf, stringsOfSources } from "./strings.mjs";

const root = join(import.meta.dirname, "..");
const bundle = "l10n/bundle.l10n.json";
const { strings, unknown } = stringsOfSources(root);
const wanted = Object.fromEntries(strings.map((text) => [text, text]));

if (!process.argv.includes("--check")) {
  writeFileSync(join(root, bundle), `${JSON.stringify(wanted, undefined, 2)}\n`);
  console.log(`${bundle} has ${strings.length} strings.`);
}
report("sources", unknown.map((call) => `no bundle can hold what is made as it runs: ${call}`));
report(bundle, problemsOf(wanted, read(bundle)));
report("package.nls.json", problemsOf(textsOfManifest(), read("package.nls.json")));
for (const file of filesIn("l10n", /^bundle\.l10n\.[a-z-]+\.json$/)) report(file, problemsOf(wanted, read(file)));
for (const file of filesIn(".", /^package\.nls\.[a-z-]+\.json$/)) report(file, problemsOf(read("package.nls.json"), read(file)));

function filesIn(folder, name) {
  return readdirSync(join(root, folder)).filter((file) => name.test(file)).map((file) => join(folder, file));
}

function read(file) {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

/** The texts that package.json asks for as %key%; package.nls.json alone says what they are. */
function textsOfManifest() {
  const texts = read("package.nls.json");
  const keys = [...readFileSync(join(root, "package.json"), "utf8").matchAll(/"%([\w.]+)%"/g)].map((match) => match[1]);
  return Object.fromEntries(keys.map((key) => [key, texts[key] ?? key]));
}

function report(file, problems) {
  for (const problem of problems) console.error(`${file}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
