import { existsSync } from "node:fs";
import { join } from "node:path";
import { analyzeCheckpoint } from "../../../../src/engine/analyze";
import { recogniseModel } from "../../../../src/engine/architecture/families";
import { openCheckpoint } from "../../../../src/engine/checkpoint/formats";
import { localMeasurer } from "../../../../src/engine/measurer/local-measurer";
import type { Prover } from "../../../../src/engine/runtime/proof/prover";
import type { RuntimeOptions } from "../../../../src/engine/runtime/runtime";
import { findEngine } from "../../../../src/engine/runtime/runtimes";
import type { EngineName } from "../../../../src/shared/engines";
import type { InputChoice } from "../../../../src/shared/request";
import type { LayerResult } from "../../../../src/shared/result";
import { batchesOf, goldenCases } from "../../golden";
import { goldensOf, tapsOf, worstAgainstGolden } from "../onnxruntime/taps";

/** How far an engine is from what it should give. */
export interface Agreement {
  readonly version: string;
  readonly hardware?: string;
  /** Engines that had to take over; none should. */
  readonly fallbacks: readonly string[];
  /** Largest error of a norm's input against PyTorch's, relative to the largest element, by family. */
  readonly families: Readonly<Record<string, number>>;
  /** Largest relative difference of a determined alpha from onnxruntime's on the processor, by model. */
  readonly alphas: Readonly<Record<string, number>>;
}

const root = join(import.meta.dirname, "../../../..");
const processor: EngineName = { runtime: "onnxruntime", device: "cpu" };

/** Models whose alphas are compared, with the input that they are fed. */
const models: Readonly<Record<string, { readonly folder: string; readonly input: InputChoice }>> = {
  "sample gpt2": { folder: join(root, "media/samples/gpt2"), input: { kind: "text", path: join(root, "media/samples/gpt2/calibration.txt") } },
  "sample vit": { folder: join(root, "media/samples/vit"), input: { kind: "images", path: join(root, "media/samples/vit/images") } },
  "gpt-nano-sort": { folder: join(root, "../shared/fixtures/gpt-nano-sort/model.safetensors"), input: { kind: "random" } },
};

/** Whoever compares has chosen already. */
const trusting: Prover = () => Promise.resolve({ works: true, version: "", gigaflops: 0 });

/** Runs every golden case and the models on an engine. @throws what the engine throws. */
export async function agreementOf(engine: EngineName, options: RuntimeOptions): Promise<Agreement> {
  const runtime = await findEngine(engine).open(options);
  const families: Record<string, number> = {};
  for (const folder of goldenCases()) {
    const { family } = recogniseModel(await openCheckpoint(folder));
    for (const golden of await goldensOf(folder)) {
      const worst = await worstAgainstGolden(await tapsOf(folder, await batchesOf(golden), runtime), golden);
      families[family] = Math.max(families[family] ?? 0, worst);
    }
  }
  const alphas: Record<string, number> = {};
  const fallbacks: string[] = [];
  for (const [name, { folder, input }] of Object.entries(models).filter(([, model]) => existsSync(model.folder))) {
    const expected = await analysed(processor, {}, folder, input);
    const actual = await analysed(engine, options, folder, input);
    alphas[name] = Math.max(...actual.layers.map((layer, index) => alphaDifference(layer, expected.layers[index]!)));
    if (actual.fallback !== undefined) fallbacks.push(`${name}: ${actual.fallback}`);
  }
  return { version: runtime.version, ...(runtime.hardware !== undefined && { hardware: runtime.hardware }), fallbacks, families, alphas };
}

async function analysed({ runtime, device }: EngineName, options: RuntimeOptions, checkpoint: string, input: InputChoice): Promise<{ layers: readonly LayerResult[]; fallback: string | undefined }> {
  const { gpu, libtensorflow } = options;
  const { result } = await analyzeCheckpoint(
    { kind: "analyze", checkpoint, input, maxTokens: 256, skipFirst: false, seed: 0, runtime, device, ...(gpu !== undefined && { gpu }), ...(libtensorflow !== undefined && { libtensorflow }) },
    { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: trusting },
  );
  return { layers: result.layers, fallback: result.engine.fallback?.reason };
}

/** Of the alphas that are determined; NaN where one of the two is and the other is not. */
function alphaDifference(actual: LayerResult, expected: LayerResult): number {
  if (actual.name !== expected.name || actual.fit.status !== expected.fit.status) return NaN;
  if (expected.fit.status !== "ok") return 0;
  const relative = (a: number, b: number): number => Math.abs(a - b) / b;
  return Math.max(relative(actual.fit.alpha, expected.fit.alpha), relative(actual.perChannel.alpha, expected.perChannel.alpha));
}
