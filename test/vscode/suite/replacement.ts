import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { commands, Position, window, workspace, type CodeLens, type Hover, type MarkdownString } from "vscode";
import type { Result } from "../../../src/shared/result";
import { api, inWorkspace, sampleResult, until, withSetting } from "./support";

/** Some layers are measured much faster than all. */
const layers = ["transformer.h.4.ln_1", "transformer.h.5.ln_1", "transformer.ln_f"];
const layer = "transformer.ln_f";

async function currentResult(): Promise<Result> {
  const { currentResult: uri } = await api();
  return JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(uri()!))) as Result;
}

describe("measuring what replacing norms costs", () => {
  it("takes the place of the result, in panel, lenses and hovers", async () => {
    const { analyze, currentResult: current, panelText } = await api();
    const analysed = () => withSetting("normlens.analysis.sequenceLength", 64, () => analyze(inWorkspace(0, "gpt2")));
    const before = await withSetting("normlens.analysis.maxTokens", 512, analysed);
    await commands.executeCommand("normlens.measureReplacement", before, { layers, alphas: { [layer]: 0.3 }, tune: 2 });
    assert.notEqual(String(current()), String(before));
    assert.ok(!existsSync(before.fsPath));
    const result = await currentResult();
    const { replacement, input } = result;
    assert.equal(result.layers.length, 13);
    // As the result says, whatever the settings say since.
    assert.deepEqual([input.source, input.tokens, input.sequenceLength], ["bundled text", 512, 64]);
    assert.deepEqual(replacement?.layers.map(({ name }) => name), layers);
    assert.equal(replacement.unchanged.cost, 0);
    for (const method of ["own", "tuned"]) assert.ok(replacement.methods.some((each) => each.method === method), method);
    assert.equal(replacement.tuneSteps, 2);

    const document = await workspace.openTextDocument(inWorkspace(1, "model.py"));
    await window.showTextDocument(document);
    const lenses = await commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", document.uri, 100);
    assert.match(lenses.at(-1)?.command?.title ?? "", / · replaced: \S+ nats; with 0\.5: \S+ nats$/);
    assert.match(lenses[0]?.command?.title ?? "", /^6 layers, alpha \S+ to \S+ · replaced one at a time: \S+ nats to \S+ nats$/);
    assert.doesNotMatch(lenses[1]?.command?.title ?? "", /replaced/);
    const line = lenses.at(-1)!.range.start.line;
    const hovers = await commands.executeCommand<Hover[]>("vscode.executeHoverProvider", document.uri, new Position(line, document.lineAt(line).text.indexOf("LayerNorm")));
    assert.match(hovers.flatMap(({ contents }) => contents.map((content) => (content as MarkdownString).value)).join("\n"), /replaced alone \| \S+ nats ± /);
    await commands.executeCommand("normlens.showLayer", layer);
    await until("the layer's cost in the panel", async () => (await panelText())?.includes("Replaced alone"));
  });

  it("leaves the result as it was where it is stopped while it tunes", async () => {
    const { analyze, currentResult: current, progress } = await api();
    const before = await analyze(inWorkspace(0, "gpt2"));
    const files = () => readdirSync(dirname(before.fsPath)).sort();
    const there = files();
    const ended = commands.executeCommand("normlens.measureReplacement", before, { layers, tune: 100_000 });
    await until("tuning", () => progress()?.stage === "tuning all layers together");
    await commands.executeCommand("normlens.stopAnalysis");
    await ended;
    assert.equal(String(current()), String(before));
    assert.deepEqual(files(), there);
    assert.equal((await currentResult()).replacement, undefined);
  });

  it("asks how long to tune where it is not told, and measures nothing where the list is left", async () => {
    const before = await sampleResult();
    let hasEnded = false;
    const ended = commands.executeCommand("normlens.measureReplacement", before).then(() => { hasEnded = true; });
    await until("the list that is left", async () => {
      await commands.executeCommand("workbench.action.closeQuickOpen");
      return hasEnded;
    });
    await ended;
    const { progress } = await api();
    assert.equal(progress(), undefined);
    assert.ok(existsSync(before.fsPath));
  });

  it("runs nothing for a result of a checkpoint that has gone, and keeps the result", async () => {
    const { analyze, currentResult: current } = await api();
    const copy = inWorkspace(0, "gone");
    await workspace.fs.copy(inWorkspace(0, "gpt2"), copy, { overwrite: true });
    await withSetting("normlens.analysis.maxTokens", 64, async () => {
      const before = await analyze(copy);
      await workspace.fs.delete(copy, { recursive: true });
      await commands.executeCommand("normlens.measureReplacement", before, { tune: 0 });
      assert.equal(String(current()), String(before));
    });
  });
});
