// Bundles the script and the style of the html export, which stand inside the page.
import { build } from "esbuild";

/** Both as text; esbuild writes `</script` in a way that does not end its element. */
export async function bundlePage() {
  const [script, style] = await Promise.all(["report.tsx", "page.css"].map(bundle));
  return { script, style };
}

async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/../webview/${name}`],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    loader: { ".svg": "dataurl" },
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  return outputFiles[0].text;
}
