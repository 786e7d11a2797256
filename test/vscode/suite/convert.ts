import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { commands, Uri, window } from "vscode";
import type { Inspection } from "../../../src/shared/inspection";
import { acceptUntil, api, extension, inWorkspace, sampleResult, until, withSetting } from "./support";

const folder = () => inWorkspace(0).fsPath;
const target = () => join(folder(), "gpt2-dyt");
const card = (path: string) => (existsSync(join(path, "README.md")) ? readFileSync(join(path, "README.md"), "utf8") : undefined);

/** What the command line reads of a checkpoint. */
async function inspected(path: string): Promise<Inspection> {
  const cli = join(extension().extensionPath, "dist", "cli.js");
  const { stdout } = await promisify(execFile)(process.execPath, [cli, "inspect", path, "--json"], { env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" } });
  return JSON.parse(stdout) as Inspection;
}

/** Runs something with other functions in the place of the window's. */
async function withWindow(changes: Partial<Record<"showSaveDialog" | "showWarningMessage" | "showInformationMessage", unknown>>, use: () => Promise<void>): Promise<void> {
  const before = { showSaveDialog: window.showSaveDialog, showWarningMessage: window.showWarningMessage, showInformationMessage: window.showInformationMessage };
  Object.assign(window, changes);
  try {
    await use();
  } finally {
    Object.assign(window, before);
  }
}

describe("converting the checkpoint of a result", () => {
  afterEach(async () => {
    for (const name of readdirSync(folder())) if (name.startsWith("gpt2-dyt") || name.startsWith(".normlens")) rmSync(join(folder(), name), { recursive: true });
    await commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("makes a folder beside it that the command line reads, offers it and its card, and leaves the result alone", async () => {
    const uri = await sampleResult();
    const { currentResult } = await api();
    const current = String(currentResult());
    const said: string[] = [];
    const answer = (text: string, ...buttons: string[]) => { said.push(text, ...buttons); return Promise.resolve("Open Model Card"); };
    await withWindow({ showInformationMessage: answer }, async () => {
      const converting = commands.executeCommand("normlens.convertCheckpoint", uri);
      await acceptUntil("the folder", () => existsSync(target()));
      await converting;
      await until("the card", () => window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label.includes("README.md"))));
    });
    assert.match(said[0]!, /^Saved .*gpt2-dyt: 13 norm layers are replaced, 0 stayed\.$/);
    assert.deepEqual(said.slice(1), ["Reveal Folder", "Open Model Card"]);
    assert.ok(["README.md", "config.json", "dyt.py", "model.safetensors", "tokenizer.json"].every((name) => existsSync(join(target(), name))), readdirSync(target()).join());
    assert.match(card(target())!, /# gpt2 with DyT in the place of its norms/);
    const { norms } = await inspected(target());
    assert.deepEqual(norms.map(({ kind }) => kind), Array(13).fill("dyt"));
    assert.equal(String(currentResult()), current);
    assert.ok(!readdirSync(folder()).some((name) => name.startsWith(".normlens")));
  });

  it("takes layers and alphas that the panel names, and fits weights and biases to them", async () => {
    const uri = await sampleResult();
    const layers = ["transformer.h.5.ln_2", "transformer.ln_f"];
    const converting = commands.executeCommand("normlens.convertCheckpoint", uri, { layers, alphas: { "transformer.ln_f": 0.3 } });
    await acceptUntil("the folder", () => existsSync(target()));
    await converting;
    assert.match(card(target())!, /1 alpha of the user's own; /);
    assert.match(card(target())!, /\| `transformer\.ln_f` \| final \| 128 \| 0\.3000 \|/);
    assert.deepEqual((JSON.parse(readFileSync(join(target(), "config.json"), "utf8")) as { normlens: { layers: string[] } }).normlens.layers, layers);
  });

  it("writes nothing into a folder that came to hold something, and asks for another", async () => {
    const uri = await sampleResult();
    const other = join(folder(), "gpt2-dyt elsewhere");
    let asked = "";
    const changes = {
      showWarningMessage: (text: string, button: string) => { asked = text; return Promise.resolve(button); },
      showSaveDialog: () => Promise.resolve(Uri.file(other)),
    };
    await withWindow(changes, async () => {
      const converting = commands.executeCommand("normlens.convertCheckpoint", uri);
      // The picker is open, and has looked for a free name.
      await new Promise((resolve) => { setTimeout(resolve, 1000); });
      mkdirSync(target());
      writeFileSync(join(target(), "mine"), "");
      await acceptUntil("the folder", () => existsSync(other));
      await converting;
    });
    assert.match(asked, /gpt2-dyt exists already and is not empty; nothing is written there\.$/);
    assert.deepEqual(readdirSync(target()), ["mine"]);
    assert.ok(existsSync(join(other, "dyt.py")));
  });

  it("leaves nothing where it is stopped", async () => {
    const { analyze, progress } = await api();
    const uri = await withSetting("normlens.analysis.maxTokens", 64, () => analyze(inWorkspace(0, "no tokenizer")));
    // A result that was fitted to much: its run takes long.
    const long = JSON.parse(readFileSync(uri.fsPath, "utf8")) as { input: { tokens: number } };
    long.input.tokens = 400_000;
    writeFileSync(uri.fsPath, JSON.stringify(long));
    const before = readdirSync(folder()).sort();
    const converting = commands.executeCommand("normlens.convertCheckpoint", uri, { alphas: { "transformer.ln_f": 0.3 } });
    await acceptUntil("a run", () => progress()?.phase === "forward");
    assert.equal(readdirSync(folder()).length, before.length + 1);
    await commands.executeCommand("normlens.stopAnalysis");
    await converting;
    assert.deepEqual(readdirSync(folder()).sort(), before);
  });
});
