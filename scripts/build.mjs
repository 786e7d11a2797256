// Bundles the command line, the engine, the extension and the panel's page into dist/. One build call an output.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { build } from "esbuild";
import { bundlePage } from "./page.mjs";

const production = process.argv.includes("--production");
const common = { bundle: true, sourcemap: production ? false : "linked", minify: production, logLevel: "warning", legalComments: "none" };
const node = { ...common, platform: "node", target: "node20", format: "cjs", external: ["onnxruntime-node", "vscode"] };
const withPage = { ...node, define: { NORMLENS_PAGE: JSON.stringify(await bundlePage()) } };
const page = { ...common, platform: "browser", target: "es2022", format: "iife", charset: "utf8", loader: { ".svg": "dataurl" } };

await build({ ...node, entryPoints: ["src/engine/measurer/thread.ts"], outfile: "dist/measure.js" });
await build({ ...node, entryPoints: ["src/engine/worker.ts"], outfile: "dist/engine.js" });
await build({ ...node, entryPoints: ["src/engine/process.ts"], outfile: "dist/engine-process.js" });
await build({ ...withPage, entryPoints: ["src/cli/main.ts"], outfile: "dist/cli.js", banner: { js: "#!/usr/bin/env node" } });
await build({ ...withPage, entryPoints: ["src/extension/main.ts"], outfile: "dist/extension.js" });
await build({ ...page, entryPoints: ["webview/panel.tsx"], outfile: "dist/webview/panel.js" });
await build({ ...page, entryPoints: ["webview/page.css"], outfile: "dist/webview/page.css" });

// The parser and its grammar are WebAssembly, read from beside the extension on first use.
const { resolve } = createRequire(import.meta.url);
mkdirSync("dist/grammar", { recursive: true });
copyFileSync(resolve("web-tree-sitter/web-tree-sitter.wasm"), "dist/grammar/web-tree-sitter.wasm");
copyFileSync(resolve("tree-sitter-python/tree-sitter-python.wasm"), "dist/grammar/tree-sitter-python.wasm");
