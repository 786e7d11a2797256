import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { analyzeCheckpoint, type RunContext } from "../../src/engine/analyze";
import { fitCapture } from "../../src/engine/fit-capture";
import { localMeasurer } from "../../src/engine/measurer/local-measurer";
import type { Result } from "../../src/shared/result";
import { temporaryFolder } from "../engine/checkpoint/files";
import { localProver } from "../engine/runtime/local-prover";

const context: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };
const folder = join(import.meta.dirname, "capture");
const script = join(import.meta.dirname, "../../media/capture.py");

/** The Python that NORMLENS_TEST_PYTHON names, which may have torch; else the one on the path. */
const python = process.env["NORMLENS_TEST_PYTHON"] ?? "python3";

async function fit(capture: string): Promise<Result> {
  return (await fitCapture({ kind: "fit", capture, skipFirst: false, seed: 0 }, context)).result;
}

async function analyze(): Promise<Result> {
  const { result } = await analyzeCheckpoint(
    {
      kind: "analyze",
      checkpoint: join(import.meta.dirname, "../engine/architecture/golden/gpt2-hf"),
      input: { kind: "ids", path: join(folder, "ids.json") },
      maxTokens: 2048,
      skipFirst: false,
      seed: 0,
      runtime: "onnxruntime",
      device: "cpu",
    },
    context,
  );
  return result;
}

const runPython = (...args: string[]) => spawnSync(python, ["-B", ...args], { encoding: "utf8" });
const hasPython = runPython("--version").status === 0;
const hasTorch = runPython("-c", "import torch").status === 0;

describe("media/capture.py", () => {
  test("captured from PyTorch, a model has the layers and the alphas that it has from its checkpoint", async () => {
    const [captured, analyzed] = [await fit(join(folder, "gpt2.safetensors")), await analyze()];
    expect(captured.layers.map(({ name, kind, role, depth, eps, tokens }) => ({ name, kind, role, depth, eps, tokens }))).toEqual(
      analyzed.layers.map(({ name, kind, role, depth, eps, tokens }) => ({ name, kind, role, depth, eps, tokens })),
    );
    for (const [index, layer] of captured.layers.entries()) {
      const expected = analyzed.layers[index]!;
      expect(Math.abs(layer.fit.alpha / expected.fit.alpha - 1), layer.name).toBeLessThan(1e-3);
      expect(Math.abs(layer.perChannel.alpha / expected.perChannel.alpha - 1), layer.name).toBeLessThan(1e-3);
      expect(layer.suggest.scratch, layer.name).toBe(expected.suggest.scratch);
    }
    expect(captured.model).toMatchObject({ isLanguageModel: true, width: 16, depth: 2, family: "gpt2", architecture: "GPT2LMHeadModel" });
    expect(captured.input).toMatchObject({ sequences: 24, tokens: 176 });
  });

  test.skipIf(!hasPython)("writes a capture that is fitted, without torch and without NumPy", async () => {
    const path = join(await temporaryFolder(), "run.safetensors");
    const program = `
import random, runpy, sys
sys.modules["torch"] = sys.modules["numpy"] = None
normlens = runpy.run_path(sys.argv[1])
draw = random.Random(0).gauss
with normlens["Recording"](sys.argv[2], max_tokens=300) as recording:
    for _ in range(5):
        recording.add("blocks.0.norm1", [[draw(0, 2) for _ in range(4)] for _ in range(100)], kind="layernorm", eps=1e-6, weight=[1, 2, 3, 4], bias=[0, 0, 0, 1])
        recording.add("norm", [[draw(0, 1) for _ in range(4)] for _ in range(50)], kind="rmsnorm", eps=1e-5)
`;
    const { status, stderr } = runPython("-c", program, script, path);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const { layers } = await fit(path);
    expect(layers.map(({ name, kind, role, depth, tokens }) => ({ name, kind, role, depth, tokens }))).toEqual([
      { name: "blocks.0.norm1", kind: "layernorm", role: "attention", depth: 0, tokens: 300 },
      { name: "norm", kind: "rmsnorm", role: "final", depth: 1, tokens: 250 },
    ]);
    expect(layers[0]!.input.std).toBeCloseTo(2, 0);
  });

  test.skipIf(!hasPython)("passes its own tests of files, samples and roles", () => {
    const { status, stderr } = runPython(join(folder, "test_capture.py"), "Recordings");
    expect(stderr).toContain("OK");
    expect(status).toBe(0);
  });

  test.skipIf(!hasTorch)(`passes its own tests on models of PyTorch${hasTorch ? "" : ` (no torch in ${python})`}`, () => {
    const { status, stderr } = runPython(join(folder, "test_capture.py"), "Models");
    expect(stderr).toMatch(/\nOK\n$/);
    expect(status).toBe(0);
  });
});
