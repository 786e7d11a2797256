import { randomBytes } from "node:crypto";
import { env, l10n, Uri, type Webview } from "vscode";

/** Folder of the page's files, the only one that a page may load from. */
export function pageFolder(extensionUri: Uri): Uri {
  return Uri.joinPath(extensionUri, "dist", "webview");
}

/** The empty page with its script and style; everything else reaches it in messages. */
export function pageMarkup(webview: Webview, extensionUri: Uri): string {
  const nonce = randomBytes(16).toString("base64url");
  const file = (name: string) => webview.asWebviewUri(Uri.joinPath(pageFolder(extensionUri), name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data: blob:`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="${env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NormLens</title>
<link rel="stylesheet" href="${file("page.css")}">
</head>
<body>
<div id="page"></div>
<script type="application/json" id="strings">${strings()}</script>
<script nonce="${nonce}" src="${file("panel.js")}"></script>
</body>
</html>
`;
}

/** Translations, which @vscode/l10n in the page takes up; no HTML parser takes any of it for markup. */
function strings(): string {
  return JSON.stringify(l10n.bundle ?? {}).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
