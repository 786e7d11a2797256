// The tests' page for scripts, which Node runs as they are: kit.ts, bundled to a place as deep as its own, so that its addresses hold.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..", "..");

export async function loadKit() {
  const outfile = join(root, "dist-test", "webview", "kit.mjs");
  await build({ entryPoints: [join(import.meta.dirname, "kit.ts")], outfile, bundle: true, packages: "external", platform: "node", format: "esm", logLevel: "warning" });
  return import(pathToFileURL(outfile).href);
}
