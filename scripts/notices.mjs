// Licences of the packages that stand inside the bundles, as their licences ask for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What stands in the bundles of what package.json has as optional, and of its dependencies: most of these only serve its installation. */
const ofOptional = ["koffi", "@tensorflow/tfjs-node-gpu", "google-protobuf"];
/** Packages whose text holds for others of the same licence that bring none. */
const sharedTexts = { "Apache-2.0": "long" };

/** One text: name, version and licence of every package that the project depends on at run time, directly or not. */
export function noticesOf(root) {
  const folders = new Map();
  collect(root, folders);
  for (const name of ofOptional) folders.set(name, folderOf(name, root));
  const sections = [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, folder]) => section(name, folder));
  return ["NormLens contains code of the packages below.", ...sections].join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

function collect(folder, folders) {
  for (const name of Object.keys(packageOf(folder).dependencies ?? {})) {
    const found = folderOf(name, folder);
    if (folders.get(name) === found) continue;
    folders.set(name, found);
    collect(found, folders);
  }
}

/** Where Node would find it, seen from a folder. */
function folderOf(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return candidate;
    if (folder === dirname(folder)) throw new Error(`${name} is not installed: run "npm ci".`);
  }
}

function section(name, folder) {
  const { version, license } = packageOf(folder);
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file)).map((file) => readFileSync(join(folder, file), "utf8").trim());
  const shared = texts.length === 0 && license in sharedTexts ? [`The text of this licence stands under ${sharedTexts[license]}.`] : [];
  return [`${name} ${version}, ${license} licence`, ...texts, ...shared].join("\n\n");
}

function packageOf(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
