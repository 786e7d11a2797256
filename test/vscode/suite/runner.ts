import assert from "node:assert/strict";
import { Uri } from "vscode";
import { AnalysisRunner, type Engine } from "../../../src/extension/run/analysis-runner";
import { CancelledError } from "../../../src/shared/errors";
import type { RunState } from "../../../src/shared/panel";

/** An engine that ends when the test says so. */
class HandmadeEngine implements Engine {
  readonly pid = undefined;
  finish: () => void = () => undefined;
  private fail: (error: Error) => void = () => undefined;
  stops = 0;

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  stop(): Promise<void> {
    this.stops++;
    this.fail(new CancelledError());
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

const job = (label: string) => ({ label, request: { kind: "fit", capture: label, skipFirst: false, seed: 0, out: `/nowhere/${label}.normlens.json` } as const });
const turn = () => new Promise((resolve) => { setImmediate(resolve); });

describe("the analysis runner", () => {
  let engines: HandmadeEngine[];
  let runner: AnalysisRunner;
  let states: RunState[];

  beforeEach(() => {
    engines = [];
    states = [];
    runner = new AnalysisRunner(() => { const engine = new HandmadeEngine(); engines.push(engine); return engine; }, { info: () => undefined, error: () => undefined });
    runner.onDidChange((state) => states.push(state));
  });
  afterEach(() => { runner.dispose(); });

  it("runs jobs one after the other, each in a new process, and says how many wait", async () => {
    const first = runner.run(job("a"));
    const second = runner.run(job("b"));
    await turn();
    assert.equal(engines.length, 1);
    assert.ok(states.some((state) => state.kind === "running" && state.queued === 1));
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
    assert.equal(runner.state.kind, "stopped");
  });
});
