// Bundles the command line, the engine, the extension and the panel's page into dist/, or the folder after --outdir. One build call an output.
import { copyFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { bundlePage } from "./page.mjs";

const { values: { production, outdir } } = parseArgs({ options: { production: { type: "boolean", default: false }, outdir: { type: "string", default: "dist" } } });
const common = { bundle: true, sourcemap: production ? false : "linked", minify: production, logLevel: "warning", legalComments: "none" };
const node = { ...common, platform: "node", target: "node20", format: "cjs", external: ["onnxruntime-node", "koffi", "vscode"] };
/** tfjs-node-gpu asks for the whole of TensorFlow.js and needs its core; node-fetch is for models on the web, of which none is loaded. */
const tfjs = { ...node, alias: { "@tensorflow/tfjs": "@tensorflow/tfjs-core" }, external: [...node.external, "node-fetch"] };
const withPage = { ...node, define: { NORMLENS_PAGE: JSON.stringify(await bundlePage()) } };
const page = { ...common, platform: "browser", target: "es2022", format: "iife", charset: "utf8", loader: { ".svg": "dataurl" } };
/** What is loaded on first use stands in a file of its own, which whoever imports it finds beside itself. */
const onFirstUse = (filter, path) => ({ name: path, setup: ({ onResolve }) => onResolve({ filter }, () => ({ path, external: true })) });
const tfjsOnFirstUse = onFirstUse(/\/tfjs\/tfjs$/, "./tfjs.js");
/** Holds the whole page as text. */
const exportsOnFirstUse = onFirstUse(/\/export\/exports$/, "./exports.js");
const parserOnFirstUse = onFirstUse(/^web-tree-sitter$/, "./tree-sitter.js");
const { resolve } = createRequire(import.meta.url);

await build({ ...node, entryPoints: ["src/engine/measurer/thread.ts"], outfile: `${outdir}/measure.js` });
await build({ ...node, entryPoints: ["src/engine/worker.ts"], outfile: `${outdir}/engine.js`, plugins: [tfjsOnFirstUse] });
await build({ ...tfjs, entryPoints: ["src/engine/runtime/tfjs/tfjs.ts"], outfile: `${outdir}/tfjs.js` });
await build({ ...node, entryPoints: ["src/engine/runtime/proof/process.ts"], outfile: `${outdir}/engine-proof.js`, plugins: [tfjsOnFirstUse] });
await build({ ...node, entryPoints: ["src/engine/process.ts"], outfile: `${outdir}/engine-process.js` });
await build({ ...withPage, entryPoints: ["src/cli/main.ts"], outfile: `${outdir}/cli.js`, plugins: [tfjsOnFirstUse], banner: { js: "#!/usr/bin/env node" } });
await build({ ...node, entryPoints: [resolve("web-tree-sitter")], outfile: `${outdir}/tree-sitter.js` });
await build({ ...withPage, entryPoints: ["src/export/exports.ts"], outfile: `${outdir}/exports.js` });
await build({ ...node, entryPoints: ["src/extension/main.ts"], outfile: `${outdir}/extension.js`, plugins: [exportsOnFirstUse, parserOnFirstUse] });
await build({ ...page, entryPoints: ["webview/panel.tsx"], outfile: `${outdir}/webview/panel.js` });
await build({ ...page, entryPoints: ["webview/page.css"], outfile: `${outdir}/webview/page.css` });

// The parser and its grammar are WebAssembly, read from beside the extension on first use.
mkdirSync(`${outdir}/grammar`, { recursive: true });
copyFileSync(resolve("web-tree-sitter/web-tree-sitter.wasm"), `${outdir}/grammar/web-tree-sitter.wasm`);
copyFileSync(resolve("tree-sitter-python/tree-sitter-python.wasm"), `${outdir}/grammar/tree-sitter-python.wasm`);

// WebAssembly for TensorFlow.js, of which its backend takes the file that fits the machine.
mkdirSync(`${outdir}/tfjs-wasm`, { recursive: true });
for (const name of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"]) {
  copyFileSync(resolve(`@tensorflow/tfjs-backend-wasm/dist/${name}`), `${outdir}/tfjs-wasm/${name}`);
}
