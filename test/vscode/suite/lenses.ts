import assert from "node:assert/strict";
import { commands, Position, Range, Selection, window, workspace, type CodeAction, type CodeLens, type Hover, type MarkdownString, type TextEditor } from "vscode";
import { api, inWorkspace, sampleResult, until, withSetting } from "./support";

/** Lines of the model's source. */
const lines = { ln1: 6, ln2: 8, lnF: 16 };

async function openSource(): Promise<TextEditor> {
  return window.showTextDocument(await workspace.openTextDocument(inWorkspace(1, "model.py")), { preview: false });
}

/** Lenses of a document, resolved. */
async function lensesOf({ document }: TextEditor): Promise<{ readonly line: number; readonly title: string; readonly command: string }[]> {
  const lenses = await commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", document.uri, 100);
  return lenses.map(({ range, command }) => ({ line: range.start.line, title: command?.title ?? "", command: command?.command ?? "" }));
}

describe("lenses", () => {
  beforeEach(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await commands.executeCommand("normlens.openResult", await sampleResult());
  });

  it("sum up the layers under a line, and name the alpha of a single one", async () => {
    const found = await lensesOf(await openSource());
    assert.deepEqual(found.map(({ line }) => line), [lines.ln1, lines.ln2, lines.lnF]);
    assert.match(found[0]!.title, /^6 layers, alpha \d\S* to \d\S*$/);
    assert.match(found[2]!.title, /^alpha \d\S* · R² 0\.\d{4}$/);
    assert.deepEqual(found.map(({ command }) => command), ["normlens.showLensLayers", "normlens.showLensLayers", "normlens.showLayer"]);
  });

  it("say so where alphas are not measured here, or not on real input", async () => {
    const editor = await openSource();
    const { analyze, setIntent } = await api();
    await setIntent("scratch");
    assert.deepEqual((await lensesOf(editor)).map(({ title }) => title), ["6 layers, scratch alpha 1.00", "6 layers, scratch alpha 1.00", "scratch alpha 1.00"]);
    await setIntent("convert");
    await analyze(inWorkspace(0, "no tokenizer"));
    for (const { title } of await lensesOf(editor)) assert.match(title, / · random input$/);
  });

  it("follow their lines while the file does not parse, and none comes or goes", async () => {
    const editor = await openSource();
    const before = await lensesOf(editor);
    await editor.edit((edit) => { edit.insert(new Position(2, 0), "def broken(:\n    x = [1,\n"); });
    assert.deepEqual(await lensesOf(editor), before.map((lens) => ({ ...lens, line: lens.line + 2 })));
    await commands.executeCommand("undo");
    assert.deepEqual(await lensesOf(editor), before);
  });

  it("are not there without a result, and offer an analysis where the setting asks for it", async () => {
    const editor = await openSource();
    await commands.executeCommand("normlens.clearResult");
    assert.deepEqual(await lensesOf(editor), []);
    await withSetting("normlens.codeLens.withoutResult", true, async () => {
      const offered = await lensesOf(editor);
      assert.deepEqual(offered.map(({ line }) => line), [lines.ln1, lines.ln2, lines.lnF]);
      assert.deepEqual(new Set(offered.map(({ command }) => command)), new Set(["normlens.analyzeCheckpoint"]));
    });
  });

  it("are turned off and on by a command", async () => {
    const editor = await openSource();
    await commands.executeCommand("normlens.toggleLenses");
    assert.deepEqual(await lensesOf(editor), []);
    await commands.executeCommand("normlens.toggleLenses");
    assert.equal((await lensesOf(editor)).length, 3);
  });

  it("have hovers with numbers and a curve", async () => {
    const { document } = await openSource();
    const column = document.lineAt(lines.lnF).text.indexOf("LayerNorm");
    const hovers = await commands.executeCommand<Hover[]>("vscode.executeHoverProvider", document.uri, new Position(lines.lnF, column));
    const text = hovers.flatMap(({ contents }) => contents.map((content) => (content as MarkdownString).value)).join("\n");
    assert.match(text, /transformer\.ln\\?_f/);
    assert.match(text, /alpha, to convert \| \d/);
    assert.match(text, /data:image\/svg\+xml;base64,/);
  });

  it("have a code action that puts DyT in the norm's place, which undo takes back", async () => {
    const editor = await openSource();
    const { document } = editor;
    const before = document.getText();
    const actions = await commands.executeCommand<CodeAction[]>("vscode.executeCodeActionProvider", document.uri, new Range(lines.lnF, 10, lines.lnF, 10), "refactor.rewrite");
    const action = actions.find(({ title }) => title.startsWith("Replace with DyT (alpha "));
    assert.ok(action?.edit !== undefined, "no such action");
    assert.ok(await workspace.applyEdit(action.edit));
    const after = document.getText();
    assert.match(after, /self\.ln_f = DyT\(config\.n_embd, alpha_init_value=\d[\d.]*\)/);
    assert.match(after, /^class DyT\(nn\.Module\):$/m);
    editor.selection = new Selection(0, 0, 0, 0);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), before);
  });

  it("lead back: from a layer to its line in another folder", async () => {
    const uri = await sampleResult();
    await commands.executeCommand("normlens.goToSource", { kind: "layer", uri, layer: { name: "transformer.h.4.ln_2" } });
    const editor = await until("the source", () => window.activeTextEditor);
    assert.equal(editor.document.uri.toString(), inWorkspace(1, "model.py").toString());
    assert.equal(editor.selection.start.line, lines.ln2);
  });
});

const dytSource = `import torch.nn as nn
from dynamic_tanh import DynamicTanh


class Block(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.ln_1 = DynamicTanh(config.n_embd, True, 0.5)
        self.ln_2 = DynamicTanh(config.n_embd, True, alpha_init_value=config.alpha)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.h = nn.ModuleList([Block(config) for _ in range(config.n_layer)])
        self.ln_f = DynamicTanh(config.n_embd, True)
`;
const dytLines = { ln1: 7, ln2: 8, lnF: 15 };

describe("lenses over layers that are DyT already", () => {
  let editor: TextEditor;

  beforeEach(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    editor = await window.showTextDocument(await workspace.openTextDocument({ language: "python", content: dytSource }));
  });
  afterEach(() => commands.executeCommand("workbench.action.revertAndCloseActiveEditor"));

  const hoverAt = async (line: number) => {
    const column = editor.document.lineAt(line).text.indexOf("DynamicTanh");
    const hovers = await commands.executeCommand<Hover[]>("vscode.executeHoverProvider", editor.document.uri, new Position(line, column));
    return hovers.flatMap(({ contents }) => contents.map((content) => (content as MarkdownString).value)).join("\n");
  };
  const actionAt = async (line: number, title: string) => {
    const actions = await commands.executeCommand<CodeAction[]>("vscode.executeCodeActionProvider", editor.document.uri, new Range(line, 10, line, 10), "refactor.rewrite");
    assert.deepEqual(actions.filter(({ title: each }) => each.startsWith("Replace with DyT")), []);
    return actions.find((each) => each.title.startsWith(title));
  };

  it("show the alphas of a checkpoint that has norms, beside what source starts from, and write them", async () => {
    await commands.executeCommand("normlens.openResult", await sampleResult());
    const found = await lensesOf(editor);
    assert.deepEqual(found.map(({ line }) => line), [dytLines.ln1, dytLines.ln2, dytLines.lnF]);
    assert.match(found[0]!.title, /^6 layers, alpha \d\S* to \d\S* · starts at 0\.5, \d\S* times the median$/);
    assert.match(found[1]!.title, / · starts at config\.alpha$/);
    assert.match(found[2]!.title, /^alpha \d\S* · R² 0\.\d{4}$/);
    const action = await actionAt(dytLines.lnF, "Start from alpha ");
    assert.ok(action?.edit !== undefined, "no such action");
    assert.ok(await workspace.applyEdit(action.edit));
    assert.match(editor.document.lineAt(dytLines.lnF).text, /DynamicTanh\(config\.n_embd, True, alpha_init_value=\d[\d.]*\)$/);
    assert.match((await lensesOf(editor))[2]!.title, / · starts there$/);
    assert.match(await hoverAt(dytLines.lnF), /alpha at the start, in source \| \d[\d.]*, the same/);
    assert.equal(await actionAt(dytLines.lnF, "Start from alpha "), undefined);
  });

  it("show what training made of alpha where the checkpoint has them", async () => {
    const { analyze } = await api();
    await withSetting("normlens.analysis.maxTokens", 64, () => analyze(inWorkspace(0, "dyt")));
    const found = await lensesOf(editor);
    assert.deepEqual(found.map(({ line }) => line), [dytLines.ln1, dytLines.ln2, dytLines.lnF]);
    assert.match(found[0]!.title, /^2 layers, trained alpha \d\S* to \d\S* · random input · starts at 0\.5, \d\S* times the median$/);
    assert.match(found[2]!.title, /^trained alpha \d\S*, 1\/std \d\S* · random input$/);
    const hover = await hoverAt(dytLines.lnF);
    assert.match(hover, /alpha, trained \| \d/);
    assert.match(hover, /1\/std \| \d/);
    const action = await actionAt(dytLines.ln1, "Start from the trained alpha ");
    assert.match(action?.title ?? "", /, the median of 2 layers$/);
    assert.ok(action?.edit !== undefined && (await workspace.applyEdit(action.edit)));
    assert.match(editor.document.lineAt(dytLines.ln1).text, /DynamicTanh\(config\.n_embd, True, \d[\d.]*\)$/);
    assert.notEqual(editor.document.lineAt(dytLines.ln1).text, dytSource.split("\n")[dytLines.ln1]);
  });
});
