import assert from "node:assert/strict";
import { commands, RelativePattern, TabInputCustom, TabInputWebview, Uri, window, workspace } from "vscode";
import { api, inWorkspace, sampleResult, until } from "./support";

/** Waits for a text in the page that is in view. */
async function panelSays(expected: string | RegExp): Promise<string> {
  const { panelText } = await api();
  let text: string | undefined;
  try {
    return await until("the page", async () => {
      text = await panelText();
      return text !== undefined && (typeof expected === "string" ? text.includes(expected) : expected.test(text)) ? text : undefined;
    });
  } catch {
    throw new Error(`The page does not say ${String(expected)}: ${String(text)}`);
  }
}

function tabsOf(viewType: string): number {
  const inputs = window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ input }) => input));
  return inputs.filter((input) => (input instanceof TabInputCustom || input instanceof TabInputWebview) && input.viewType.includes(viewType)).length;
}

describe("the panel", () => {
  beforeEach(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await sampleResult();
  });

  it("goes to a layer", async () => {
    await commands.executeCommand("normlens.openResult", await sampleResult());
    await commands.executeCommand("normlens.showLayer", "transformer.h.3.ln_2");
    await panelSays(/transformer\.h\.3\.ln_2\s/);
    assert.equal(tabsOf("normlens.panel"), 1);
  });

  it("is an editor for result files, which shows the file anew when it changes", async () => {
    const copy = inWorkspace(0, "copy.normlens.json");
    await workspace.fs.copy(await sampleResult(), copy, { overwrite: true });
    await commands.executeCommand("vscode.open", copy);
    await panelSays("transformer.h.0.ln_1");
    assert.equal(tabsOf("normlens.result"), 1);
    const text = new TextDecoder().decode(await workspace.fs.readFile(copy));
    await workspace.fs.writeFile(copy, new TextEncoder().encode(text.replaceAll("transformer.h.0.ln_1", "transformer.h.0.renamed")));
    await panelSays("transformer.h.0.renamed");
    await workspace.fs.delete(copy);
  });

  it("says in a sentence why a file can't be shown, until it can", async () => {
    const file = inWorkspace(0, "bad.normlens.json");
    await workspace.fs.writeFile(file, new TextEncoder().encode("{"));
    await commands.executeCommand("vscode.open", file);
    await panelSays("bad.normlens.json is not valid JSON");
    await workspace.fs.writeFile(file, await workspace.fs.readFile(await sampleResult()));
    await panelSays("transformer.h.0.ln_1");
    await workspace.fs.delete(file);
  });

  it("overlays a second result", async () => {
    const { analyze } = await api();
    const first = await sampleResult();
    const second = await analyze(inWorkspace(0, "no tokenizer"));
    await commands.executeCommand("normlens.openResult", first);
    await commands.executeCommand("normlens.compareWithResult", second);
    await panelSays(/compared with\s+no tokenizer/i);
  });

  it("reloads a file whose name looks like a pattern, in a folder outside the workspace", async () => {
    const folder = Uri.joinPath(inWorkspace(0), "..", "outside");
    const file = Uri.joinPath(folder, "run[1].normlens.json");
    const text = new TextDecoder().decode(await workspace.fs.readFile(await sampleResult()));
    await workspace.fs.writeFile(file, new TextEncoder().encode(text));
    await commands.executeCommand("vscode.open", file);
    await panelSays("transformer.h.0.ln_1");
    await workspace.fs.writeFile(file, new TextEncoder().encode(text.replaceAll("transformer.h.0.ln_1", "transformer.h.0.renamed")));
    await panelSays("transformer.h.0.renamed");
    await workspace.fs.delete(folder, { recursive: true });
  });

  it("says nothing of a file that is rewritten while its editor closes", async () => {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    const file = inWorkspace(0, "closing.normlens.json");
    const text = new TextDecoder().decode(await workspace.fs.readFile(await sampleResult()));
    await workspace.fs.writeFile(file, new TextEncoder().encode(text));
    await commands.executeCommand("vscode.open", file);
    await panelSays("transformer.h.0.ln_1");
    // So much takes longer to read than an editor to close.
    const watcher = workspace.createFileSystemWatcher(new RelativePattern(inWorkspace(0), "closing.normlens.json"));
    const noticed = new Promise((resolve) => { watcher.onDidChange(resolve); });
    await workspace.fs.writeFile(file, new TextEncoder().encode(text + " ".repeat(40_000_000)));
    await noticed;
    await commands.executeCommand("workbench.action.closeAllEditors");
    watcher.dispose();
    // Read here too, hence after the page's reading was begun.
    await workspace.fs.readFile(file);
    await workspace.fs.delete(file);
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    process.off("unhandledRejection", note);
    assert.deepEqual(rejections.map(String), []);
  });

  it("follows the current result, whoever changes it", async () => {
    const { analyze } = await api();
    const second = await analyze(inWorkspace(0, "no tokenizer"));
    await commands.executeCommand("normlens.openResult", await sampleResult());
    await panelSays(/^gpt2$/m);
    await commands.executeCommand("normlens.useResult", second);
    await panelSays(/^no tokenizer$/m);
  });

  it("has nothing to show after Clear Result, and knows the result still", async () => {
    await commands.executeCommand("normlens.openResult", await sampleResult());
    await panelSays("transformer.h.0.ln_1");
    await commands.executeCommand("normlens.clearResult");
    const { panelText } = await api();
    await until("the empty page", async () => (await panelText())?.includes("transformer.h.0.ln_1") === false);
    const { currentResult } = await api();
    assert.equal(currentResult(), undefined);
    await commands.executeCommand("normlens.openResult", await sampleResult());
    assert.equal(String(currentResult()), String(Uri.parse(String(await sampleResult()))));
  });
});
