import assert from "node:assert/strict";
import { commands, TabInputCustom, TabInputWebview, Uri, window, workspace } from "vscode";
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

  it("has nothing to show after Clear Result, and knows the result still", async () => {
    await commands.executeCommand("normlens.openResult", await sampleResult());
    await commands.executeCommand("normlens.clearResult");
    const { currentResult } = await api();
    assert.equal(currentResult(), undefined);
    await commands.executeCommand("normlens.openResult", await sampleResult());
    assert.equal(String(currentResult()), String(Uri.parse(String(await sampleResult()))));
  });
});
