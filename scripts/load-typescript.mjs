// Lets scripts, and processes that tests start, use the helpers of the tests, which are TypeScript.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const common = { bundle: true, platform: "node", logLevel: "warning" };

/** A module finds its files beside itself, wherever it is bundled to. */
const ownFolders = {
  name: "own-folders",
  setup: ({ onLoad }) => {
    onLoad({ filter: /\/(src|test)\/.*\.ts$/ }, async ({ path }) => ({ loader: "ts", contents: (await readFile(path, "utf8")).replaceAll("import.meta.dirname", JSON.stringify(dirname(path))) }));
  },
};

/** The exports of a module of test/: `vscode/workbench` stands for test/vscode/workbench.ts. */
export async function loadFromTests(name) {
  const outfile = join(root, "dist-test", `${name}.mjs`);
  await build({ ...common, entryPoints: [join(root, "test", `${name}.ts`)], outfile, format: "esm", packages: "external", plugins: [ownFolders] });
  return import(pathToFileURL(outfile).href);
}

/** Bundles such a module into a program that Node runs, all but what is native or must be there once; returns its path. */
export async function bundleFromTests(name) {
  const outfile = join(root, "dist-test", `${name}.cjs`);
  await build({ ...common, entryPoints: [join(root, "test", `${name}.ts`)], outfile, format: "cjs", external: ["onnxruntime-node", "koffi", "@tensorflow/*"], plugins: [ownFolders] });
  return outfile;
}
