import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands, Uri, window, workspace } from "vscode";
import { interpreterFor } from "../../../src/extension/capture/interpreter";
import { scriptTemplate } from "../../../src/extension/capture/script-template";
import type { Result } from "../../../src/shared/result";
import { api, until } from "./support";

/** Captures two norms by hand, for which Python alone is enough. */
const script = `
import random
import sys

import normlens_capture as normlens

draw = random.Random(0).gauss
with normlens.Recording(sys.argv[1]) as recording:
    for name in ("blocks.0.norm1", "blocks.0.norm2"):
        recording.add(name, [[draw(0, 1) for _ in range(4)] for _ in range(200)], kind="layernorm", eps=1e-6)
`;

const run = () => commands.executeCommand("normlens.captureFromPython");

describe("Capture from Python", () => {
  let folder: string;

  before(() => { folder = mkdtempSync(join(tmpdir(), "normlens-capture-")); });
  after(async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    rmSync(folder, { recursive: true });
  });

  const openScript = async (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    await window.showTextDocument(await workspace.openTextDocument(path));
  };

  /** Runs something and gives the errors that it showed. */
  const errorsOf = async (use: () => Thenable<unknown>): Promise<string[]> => {
    const shown: string[] = [];
    const { showErrorMessage } = window;
    Object.assign(window, { showErrorMessage: (text: string) => { shown.push(text); return Promise.resolve(undefined); } });
    try {
      await use();
    } finally {
      Object.assign(window, { showErrorMessage });
    }
    return shown;
  };

  it("opens a script to be completed, and runs nothing, where none is open", async () => {
    await commands.executeCommand("workbench.action.closeAllEditors");
    await run();
    const document = window.activeTextEditor?.document;
    assert.equal(document?.languageId, "python");
    assert.equal(document.getText(), scriptTemplate);
    assert.ok(document.isUntitled);
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("runs the script that is open, and shows what is fitted to its capture", async () => {
    assert.ok(await interpreterFor(Uri.file(folder)), "The tests need a Python.");
    await openScript("record.py", script);
    assert.deepEqual(await errorsOf(run), []);
    const { currentResult } = await api();
    const file = await until("the result", currentResult);
    const result = JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(file))) as Result;
    assert.deepEqual(result.layers.map(({ name, role, tokens }) => [name, role, tokens]), [["blocks.0.norm1", "attention", 200], ["blocks.0.norm2", "ffn", 200]]);
    assert.equal(result.input.kind, "capture");
  });

  it("tells of a script that fails, and of one that captures nothing", async () => {
    await openScript("fails.py", "import normlens_capture\nraise SystemExit(3)\n");
    assert.match((await errorsOf(run)).join(), /fails\.py ended with exit code 3/);
    await openScript("nothing.py", "import normlens_capture\n");
    assert.match((await errorsOf(run)).join(), /nothing\.py captured nothing/);
  });
});
