// Bundles the command line into dist/. One build call an output.
import { build } from "esbuild";
import { bundlePage } from "./page.mjs";

const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  sourcemap: "linked",
  minify: process.argv.includes("--production"),
  external: ["onnxruntime-node"],
  define: { NORMLENS_PAGE: JSON.stringify(await bundlePage()) },
  logLevel: "warning",
};

await build({ ...common, entryPoints: ["src/engine/measurer/thread.ts"], outfile: "dist/measure.js" });
await build({ ...common, entryPoints: ["src/engine/worker.ts"], outfile: "dist/engine.js" });
await build({ ...common, entryPoints: ["src/cli/main.ts"], outfile: "dist/cli.js", banner: { js: "#!/usr/bin/env node" } });
