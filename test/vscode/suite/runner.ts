import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands, Uri, window } from "vscode";
import type { Parts } from "../../../src/extension/parts";
import { AnalysisRunner, type Engine } from "../../../src/extension/run/analysis-runner";
import { analyzeAndTell } from "../../../src/extension/run/analyze";
import { EngineCrash, EngineProcess, type RunListener } from "../../../src/extension/run/engine-process";
import { registerStatusBar } from "../../../src/extension/run/status-bar";
import type { Conversion, ConvertRequest } from "../../../src/shared/conversion";
import type { EngineName } from "../../../src/shared/engines";
import { CancelledError, UserError } from "../../../src/shared/errors";
import type { RunState } from "../../../src/shared/panel";
import type { AnalysisRequest, EngineRequest } from "../../../src/shared/request";
import type { Result } from "../../../src/shared/result";
import { extension, inWorkspace, until } from "./support";

/** An engine that ends when the test says so. */
class HandmadeEngine implements Engine {
  readonly pid: number | undefined = undefined;
  finish: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  choose: (engine: EngineName) => void = () => undefined;
  request: EngineRequest | ConvertRequest | undefined;
  stops = 0;

  run(request: EngineRequest, listener: RunListener): Promise<void> {
    return this.begin(request, listener, undefined);
  }

  convert(request: ConvertRequest, listener: RunListener): Promise<Conversion> {
    return this.begin(request, listener, { target: request.target, family: "gpt2", source: { kind: "file", path: "v" }, layers: [], kept: [], warnings: [], files: [], bytes: 0 });
  }

  private begin<Answer>(request: EngineRequest | ConvertRequest, { onChosen }: RunListener, answer: Answer): Promise<Answer> {
    this.request = request;
    this.choose = (engine) => { onChosen(engine, { asked: { runtime: "auto", device: "auto" }, reason: "the only one that works here", others: [] }); };
    return new Promise((resolve, reject) => {
      this.finish = () => { resolve(answer); };
      this.fail = reject;
    });
  }

  stop(): Promise<void> {
    this.stops++;
    this.fail(new CancelledError());
    return Promise.resolve();
  }

  end(): Promise<void> {
    this.fail(new CancelledError());
    return Promise.resolve();
  }
}

const job = (label: string) => ({ label, request: { kind: "fit", capture: label, skipFirst: false, seed: 0, out: `/nowhere/${label}.normlens.json` } as const });
const analysisOnly: AnalysisRequest = { kind: "analyze", checkpoint: "/nowhere/gpt2", input: { kind: "random" }, maxTokens: 64, skipFirst: false, seed: 0, runtime: "auto", device: "auto" };
const analysis = (out: string) => ({ ...analysisOnly, checkpoint: inWorkspace(0, "gpt2").fsPath, out });
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

describe("the analysis runner", () => {
  let engines: HandmadeEngine[];
  let runner: AnalysisRunner;
  let states: RunState[];
  let lines: string[];

  beforeEach(() => {
    engines = [];
    states = [];
    lines = [];
    const log = { info: (line: string) => { lines.push(line); }, warn: (line: string) => { lines.push(line); } };
    runner = new AnalysisRunner(() => { const engine = new HandmadeEngine(); engines.push(engine); return engine; }, log);
    runner.onDidChange((state) => states.push(state));
  });
  afterEach(() => { runner.dispose(); });

  it("runs jobs one after the other, each in a new process, and says what waits", async () => {
    const first = runner.run(job("a"));
    const second = runner.run(job("b"));
    await turn();
    assert.equal(engines.length, 1);
    assert.ok(states.some((state) => state.kind === "running" && state.queued.some(({ task, label }) => task === "analysis" && label === "b")));
    engines[0]!.finish();
    assert.equal(String(await first), String(Uri.file("/nowhere/a.normlens.json")));
    await turn();
    assert.equal(engines.length, 2);
    engines[1]!.finish();
    await second;
    assert.equal(runner.state.kind, "idle");
  });

  it("stops what runs and drops what waits", async () => {
    const jobs = Promise.allSettled([runner.run(job("a")), runner.run(job("b"))]);
    await turn();
    await runner.stop();
    for (const outcome of await jobs) assert.ok(outcome.status === "rejected" && outcome.reason instanceof CancelledError);
    assert.equal(engines.length, 1);
    assert.equal(engines[0]!.stops, 1);
    assert.deepEqual(runner.state, { kind: "stopped", task: "analysis", label: "a", dropped: 1 });
  });

  it("begins nothing once it is disposed of", async () => {
    const jobs = Promise.allSettled([runner.run(job("a")), runner.run(job("b"))]);
    await turn();
    runner.dispose();
    for (const outcome of await jobs) assert.ok(outcome.status === "rejected" && outcome.reason instanceof CancelledError);
    await assert.rejects(runner.run(job("c")), CancelledError);
    assert.equal(engines.length, 1);
  });

  it("runs an analysis once more on the processor where its engine took the process down, and says so", async () => {
    const run = runner.run({ label: "a", request: analysis("/nowhere/a.normlens.json") });
    await turn();
    engines[0]!.choose({ runtime: "tfjs", device: "tensorflow" });
    engines[0]!.fail(new EngineCrash("by SIGSEGV"));
    await until("another engine", () => engines[1]);
    assert.deepEqual(engines[1]!.request, { ...engines[0]!.request, runtime: "onnxruntime", device: "cpu", fallback: { runtime: "tfjs", device: "tensorflow", reason: "its process ended by SIGSEGV" } });
    engines[1]!.finish();
    await run;
    assert.equal(runner.state.kind, "idle");
    assert.ok(states.every(({ kind }) => kind !== "failed"));
    assert.ok(lines.includes("tfjs on tensorflow failed: its process ended by SIGSEGV. Once more on onnxruntime on cpu."), lines.join("\n"));
  });

  it("runs the model of a conversion once more, too, but none that takes values", async () => {
    const asked: ConvertRequest = { analysis: analysisOnly, target: "/nowhere/a-dyt", names: "official" };
    const run = runner.convert({ label: "a", request: asked });
    await turn();
    assert.deepEqual(runner.state, { kind: "running", task: "conversion", label: "a", stopping: false, queued: [] });
    engines[0]!.choose({ runtime: "tfjs", device: "tensorflow" });
    engines[0]!.fail(new EngineCrash("by SIGSEGV"));
    const second = await until("another engine", () => engines[1]);
    const fallback = { runtime: "tfjs", device: "tensorflow", reason: "its process ended by SIGSEGV" };
    assert.deepEqual(second.request, { ...asked, analysis: { ...analysisOnly, runtime: "onnxruntime", device: "cpu", fallback } });
    second.finish();
    assert.equal((await run).target, "/nowhere/a-dyt");

    const withValues = runner.convert({ label: "a", request: { ...asked, values: "v" } }).catch((error: unknown) => error);
    await turn();
    engines[2]!.fail(new EngineCrash("by SIGSEGV"));
    assert.ok((await withValues) instanceof EngineCrash);
    assert.equal(engines.length, 3);
    assert.ok(lines.some((line) => /^Converted a in \d\.\d\d s\.$/.test(line)), lines.join("\n"));
  });

  it("tries nothing more where the processor's own engine crashed, twice included, or where it was stopped", async () => {
    for (const chosen of [{ runtime: "onnxruntime", device: "cpu" }, { runtime: "tfjs", device: "wasm" }]) {
      const run = runner.run({ label: "a", request: analysis("/nowhere/a.normlens.json") }).catch((error: unknown) => error);
      await turn();
      const before = engines.length;
      engines.at(-1)!.choose(chosen);
      engines.at(-1)!.fail(new EngineCrash("by SIGSEGV"));
      if (chosen.runtime === "tfjs") {
        const second = await until("another engine", () => engines[before]);
        second.choose({ runtime: "onnxruntime", device: "cpu" });
        second.fail(new EngineCrash("by SIGKILL"));
      }
      assert.ok((await run) instanceof EngineCrash);
    }
    assert.equal(engines.length, 3);

    const stopped = runner.run({ label: "a", request: analysis("/nowhere/a.normlens.json") }).catch((error: unknown) => error);
    await turn();
    const last = engines.at(-1)!;
    last.choose({ runtime: "tfjs", device: "wasm" });
    last.stop = () => { last.fail(new EngineCrash("by SIGSEGV")); return Promise.resolve(); };
    await runner.stop();
    assert.ok((await stopped) instanceof CancelledError);
    assert.equal(engines.length, 4);
  });

  it("writes a result that tells which engine crashed", async () => {
    const folder = mkdtempSync(join(tmpdir(), "normlens-crash-"));
    const script = join(folder, "crashing-engine.js");
    const choice = { asked: { runtime: "auto", device: "auto" }, reason: "the fastest of 2 that work here", others: [] };
    writeFileSync(
      script,
      `process.on("message", (call) => {
        if (call.type === "hello") process.send({ type: "ready", protocol: call.protocol, version: "0" });
        else process.send({ type: "chosen", engine: { runtime: "tfjs", device: "tensorflow" }, choice: ${JSON.stringify(choice)} }, () => process.kill(process.pid, "SIGKILL"));
      });`,
    );
    const silent = { info: () => undefined, warn: () => undefined };
    const scripts = [script, EngineProcess.scriptIn(extension().extensionPath)];
    const crashing = new AnalysisRunner(() => new EngineProcess(scripts.shift()!, silent), silent);
    try {
      await crashing.run({ label: "gpt2", request: analysis(join(folder, "gpt2.normlens.json")) });
      const { engine, warnings } = JSON.parse(readFileSync(join(folder, "gpt2.normlens.json"), "utf8")) as Result;
      assert.deepEqual([engine.runtime, engine.device], ["onnxruntime", "cpu"]);
      assert.equal(engine.fallback?.device, "tensorflow");
      assert.match(warnings.find(({ code }) => code === "fallback")?.message ?? "", /^tfjs on tensorflow failed while it ran \(its process ended .*\); onnxruntime on cpu took over\.$/);
    } finally {
      crashing.dispose();
      rmSync(folder, { recursive: true });
    }
  });

  it("says in the log how long a run took", async () => {
    const run = runner.run(job("a"));
    await turn();
    engines[0]!.finish();
    await run;
    assert.ok(lines.some((line) => /^Analysed a in \d\.\d\d s\.$/.test(line)), lines.join("\n"));
  });

  it("does not make a failure of a run whose temporary files can't be removed", async () => {
    // A file where a folder was: listing it throws.
    const folder = mkdtempSync(join(tmpdir(), "normlens-runner-"));
    writeFileSync(join(folder, "file"), "");
    const run = runner.run({ label: "a", request: { ...job("a").request, out: join(folder, "file", "a.normlens.json") } });
    await turn();
    Object.assign(engines[0]!, { pid: 1 });
    engines[0]!.finish();
    await run;
    assert.equal(runner.state.kind, "idle");
    rmSync(folder, { recursive: true });
  });

  it("tells which errors are of a run", async () => {
    const run = runner.run(job("a")).then(() => undefined, (error: unknown) => error);
    await turn();
    engines[0]!.fail(new UserError("a is no checkpoint."));
    const error = await run;
    assert.ok(runner.hasTold(error));
    assert.ok(!runner.hasTold(new UserError("a is no checkpoint.")));
  });

  it("shows a failure in the status bar until the panel is in view", async () => {
    let shown = false;
    const item = { show: () => { shown = true; }, hide: () => { shown = false; }, dispose: () => undefined };
    const panels = { visible: false };
    const { createStatusBarItem } = window;
    Object.assign(window, { createStatusBarItem: () => item });
    const statusBar = registerStatusBar({ runner, panels } as unknown as Parts);
    Object.assign(window, { createStatusBarItem });
    try {
      const run = runner.run(job("a")).catch(() => undefined);
      await turn();
      engines[0]!.fail(new UserError("a is no checkpoint."));
      await run;
      assert.ok(shown);
      panels.visible = true;
      // Any change of tabs makes it look.
      await commands.executeCommand("workbench.action.files.newUntitledFile");
      await until("the item to go", () => !shown);
    } finally {
      statusBar.dispose();
      await commands.executeCommand("workbench.action.closeAllEditors");
    }
  });

  it("of which one has failed hides no refusal of the next from its user", async () => {
    const run = runner.run(job("a")).catch(() => undefined);
    await turn();
    engines[0]!.fail(new Error("defect"));
    await run;
    assert.equal(runner.state.kind, "failed");
    const parts = { runner, panels: { visible: true }, log: { error: () => undefined, show: () => undefined } } as unknown as Parts;
    const said: string[] = [];
    const { showErrorMessage } = window;
    Object.assign(window, { showErrorMessage: (text: string) => { said.push(text); return Promise.resolve(undefined); } });
    try {
      await analyzeAndTell(parts, Uri.parse("untitled:model.safetensors"));
    } finally {
      Object.assign(window, { showErrorMessage });
    }
    assert.match(said.join("\n"), /is not a file of this machine/);
  });
});
