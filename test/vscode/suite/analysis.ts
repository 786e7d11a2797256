import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { commands, workspace, type Uri } from "vscode";
import { EngineProcess } from "../../../src/extension/run/engine-process";
import { CancelledError } from "../../../src/shared/errors";
import type { AnalysisRequest } from "../../../src/shared/request";
import type { Result } from "../../../src/shared/result";
import { api, extension, inWorkspace, isRunning, sampleResult, until, withSetting } from "./support";

/** Tokens that keep the engine busy for longer than a test takes to stop it. */
const manyTokens = 400_000;

async function readResult(uri: Uri): Promise<Result> {
  return JSON.parse(new TextDecoder().decode(await workspace.fs.readFile(uri))) as Result;
}

/** Names in the folder of a result, those of temporary files among them. */
async function storage(): Promise<string[]> {
  return readdirSync(dirname((await sampleResult()).fsPath));
}

/** Starts a long analysis; `ended` tells how it ended. */
async function startLong(): Promise<{ readonly pid: number; readonly ended: Promise<unknown> }> {
  const { analyze, enginePid } = await api();
  const ended = analyze(inWorkspace(0, "no tokenizer")).then(() => "done", (error: unknown) => error);
  const pid = await until("the engine's process", enginePid);
  return { pid, ended };
}

describe("an analysis", () => {
  it("of the sample, by its command, shows its layers in the panel", async () => {
    const { panelText } = await api();
    await commands.executeCommand("normlens.analyzeSample");
    const text = await until("the panel's text", async () => {
      const shown = await panelText();
      return shown?.includes("transformer.h.5.ln_2") === true ? shown : undefined;
    });
    for (const expected of ["transformer.h.0.ln_1", "transformer.ln_f", "gpt2"]) assert.ok(text.includes(expected), `the panel does not say ${expected}`);
  });

  it("of a checkpoint in a folder with a space and an accent keeps its result in the workspace's storage", async () => {
    const uri = await sampleResult();
    const result = await readResult(uri);
    assert.equal(result.layers.length, 13);
    assert.equal(result.model.path, inWorkspace(0, "gpt2").fsPath);
    assert.match(uri.path, /workspaceStorage\/[^/]+\/normlens\.normlens\/results\/gpt2-.*\.normlens\.json$/);
    assert.ok((await storage()).some((name) => name.startsWith("gpt2-") && name.endsWith(".normlens.safetensors")));
  });

  it("stopped in the middle leaves no process and no file", async () => {
    const before = await storage();
    await withSetting("normlens.analysis.maxTokens", manyTokens, async () => {
      const { pid, ended } = await startLong();
      const { progress } = await api();
      await until("a forward pass", () => progress()?.phase === "forward");
      assert.ok(isRunning(pid));
      await commands.executeCommand("normlens.stopAnalysis");
      assert.ok(!isRunning(pid), "the engine's process is still there");
      assert.equal((await ended as Error).name, "CancelledError");
    });
    assert.deepEqual(await storage(), before);
  });

  it("stopped as soon as it was begun is not begun", async () => {
    const folder = mkdtempSync(join(tmpdir(), "normlens-stop-"));
    const engine = new EngineProcess(EngineProcess.scriptIn(extension().extensionPath), { info: () => undefined, warn: () => undefined });
    const request: AnalysisRequest = { kind: "analyze", checkpoint: inWorkspace(0, "gpt2").fsPath, input: { kind: "random" }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "auto", device: "auto", out: join(folder, "r.normlens.json") };
    let heard = 0;
    const ended = engine.run(request, { onProgress: () => { heard++; }, onChosen: () => { heard++; } }).then(() => "done", (error: unknown) => error);
    await engine.stop();
    assert.ok((await ended) instanceof CancelledError, String(await ended));
    assert.equal(heard, 0);
    assert.ok(!isRunning(engine.pid!));
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
  });

  it("whose process is killed is reported, and the next one works", async () => {
    // What crashes elsewhere is tried once more on the processor.
    await withSetting("normlens.analysis.runtime", "onnxruntime", () => withSetting("normlens.analysis.device", "cpu", () => withSetting("normlens.analysis.maxTokens", manyTokens, async () => {
      const { pid, ended } = await startLong();
      process.kill(pid, "SIGKILL");
      assert.match(String(await ended), /engine's process ended by SIGKILL/);
    })));
    const { analyze } = await api();
    assert.equal((await readResult(await analyze(inWorkspace(0, "gpt2")))).layers.length, 13);
  });

  it("of a file that is no checkpoint is refused in a sentence that names it", async () => {
    const { analyze } = await api();
    const before = await storage();
    await assert.rejects(analyze(inWorkspace(0, "broken")), (error: Error) => error.name === "UserError" && /broken.model\.safetensors.*Git LFS/.test(error.message));
    assert.deepEqual(await storage(), before);
  });

  it("waits for the one before it", async () => {
    const { analyze } = await api();
    const [first, second] = await Promise.all([analyze(inWorkspace(0, "gpt2")), analyze(inWorkspace(0, "no tokenizer"))]);
    assert.equal((await readResult(first)).input.kind, "text");
    assert.equal((await readResult(second)).input.kind, "random");
  });
});
