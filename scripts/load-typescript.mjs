// Lets scripts use the helpers of the tests, which are TypeScript: a module of test/ is bundled to a place as deep as its own, so that its addresses hold.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");

/** The exports of a module: `vscode/workbench` stands for test/vscode/workbench.ts. */
export async function loadFromTests(name) {
  const outfile = join(root, "dist-test", `${name}.mjs`);
  await build({ entryPoints: [join(root, "test", `${name}.ts`)], outfile, bundle: true, packages: "external", platform: "node", format: "esm", logLevel: "warning" });
  return import(pathToFileURL(outfile).href);
}
