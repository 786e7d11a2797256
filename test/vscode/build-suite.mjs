// Bundles the suite that runs in VS Code's extension host, for the server and for the desktop build alike.
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");

/** Returns the path of the module whose run() runs the suite; mocha stays outside, since it loads files of its own. */
export async function buildSuite() {
  const outfile = join(root, "dist-test/suite.js");
  await build({ entryPoints: [join(root, "test/vscode/suite/index.ts")], outfile, bundle: true, platform: "node", format: "cjs", target: "node20", sourcemap: "inline", external: ["vscode", "mocha"], logLevel: "warning" });
  return outfile;
}
