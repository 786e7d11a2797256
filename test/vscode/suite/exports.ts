import assert from "node:assert/strict";
import { commands, env, window, workspace } from "vscode";
import type { Result } from "../../../src/shared/result";
import { acceptUntil, inWorkspace, sampleResult, until } from "./support";

async function read(uri: Parameters<typeof workspace.fs.readFile>[0]): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch {
    return undefined;
  }
}

describe("an export", () => {
  beforeEach(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("is saved to the file that is asked for", async () => {
    const target = inWorkspace(0, "gpt2.alphas.json");
    const uri = await sampleResult();
    const exporting = commands.executeCommand("normlens.exportAlphas", uri, "json");
    const text = await acceptUntil("the file", () => read(target));
    await exporting;
    const { layers } = JSON.parse((await read(uri)) ?? "") as Result;
    const exported = JSON.parse(text) as { layers: { name: string; convert: number }[] };
    assert.deepEqual(exported.layers.map(({ name }) => name), layers.map(({ name }) => name));
    await workspace.fs.delete(target);
  });

  it("is previewed anew for another result of the same name", async () => {
    const first = await sampleResult();
    const second = inWorkspace(0, "again.normlens.json");
    const text = new TextDecoder().decode(await workspace.fs.readFile(first));
    await workspace.fs.writeFile(second, new TextEncoder().encode(text.replaceAll("transformer.h.0.ln_1", "transformer.h.0.renamed")));
    const preview = () => window.visibleTextEditors.find(({ document }) => document.uri.scheme === "normlens-export")?.document.getText();
    for (const [uri, layer] of [[first, "transformer.h.0.ln_1"], [second, "transformer.h.0.renamed"]] as const) {
      const exporting = commands.executeCommand("normlens.exportAlphas", uri, "csv");
      const shown = await until("the preview", preview);
      assert.ok(shown.includes(layer), `the preview does not name ${layer}`);
      await until("the end", async () => {
        await commands.executeCommand("workbench.action.closeQuickOpen");
        return Promise.race([exporting.then(() => true), new Promise<false>((resolve) => { setTimeout(() => { resolve(false); }, 300); })]);
      });
    }
    await workspace.fs.delete(second);
  });

  it("is previewed, goes to the clipboard, and the place is remembered", async () => {
    await env.clipboard.writeText("nothing yet");
    const exporting = commands.executeCommand("normlens.exportAlphas", await sampleResult(), "flags");
    await until("the preview", () => window.visibleTextEditors.some(({ document }) => document.uri.scheme === "normlens-export" && document.getText().startsWith("--attn_alpha_init_value ")));
    await commands.executeCommand("workbench.action.quickOpenSelectNext");
    await acceptUntil("the clipboard", async () => (await env.clipboard.readText()).startsWith("--attn_alpha_init_value "));
    await exporting;
    assert.match(await env.clipboard.readText(), /^--attn_alpha_init_value \S+ --ffn_alpha_init_value \S+ --dec_alpha_init_value \S+\n$/);
    await env.clipboard.writeText("nothing yet");
    // The clipboard comes first now.
    const again = commands.executeCommand("normlens.exportAlphas", await sampleResult(), "flags");
    await acceptUntil("the clipboard again", async () => (await env.clipboard.readText()) !== "nothing yet");
    await again;
    assert.ok(!window.visibleTextEditors.some(({ document }) => document.uri.scheme === "normlens-export"), "the preview is still open");
  });
});
