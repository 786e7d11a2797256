import { createHash } from "node:crypto";
import { printable } from "../shared/format";
import type { Result } from "../shared/result";
import type { ExportFormat } from "./format";

/** Script and style of the page, bundled by scripts/page.mjs and put here by the build. */
declare const NORMLENS_PAGE: { readonly script: string; readonly style: string };

/**
 * One page that needs nothing else: chart.js, style and result stand in it, and its content security policy lets nothing in from
 * outside. The result is data, never markup or code.
 */
export const html: ExportFormat = {
  name: "html",
  extension: ".html",
  description: "one self-contained page with the curves of every layer",
  export: (result) => renderPage(result, NORMLENS_PAGE.script, NORMLENS_PAGE.style),
};

function renderPage(result: Result, script: string, style: string): string {
  const title = escapeMarkup(printable(`${result.model.architecture} · ${result.model.path}`));
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · NormLens</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<p class="brand"><b>NormLens</b> norm layers, and the Dynamic Tanh that could take their place</p>
<h1>${title}</h1>
</header>
<main id="page"></main>
<noscript>This page draws its curves with JavaScript; the same numbers are in the csv and markdown exports.</noscript>
<script type="application/json" id="result">${dataForScript(result)}</script>
<script>${script}</script>
</body>
</html>
`;
}

function hash(content: string): string {
  return `sha256-${createHash("sha256").update(content).digest("base64")}`;
}

/** JSON that no HTML parser takes for the end of its element or the start of a comment. */
function dataForScript(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function escapeMarkup(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
