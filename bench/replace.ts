// All single-layer replacements of a model beside one forward pass, to its logits, over the same held-out tokens; and one step of tuning all layers.
import { forward, writeStages, type NormCall } from "../src/engine/forward";
import { openCheckpoint } from "../src/engine/checkpoint/formats";
import { recogniseModel } from "../src/engine/architecture/families";
import { batchSequences } from "../src/engine/input/batch";
import { localMeasurer } from "../src/engine/measurer/local-measurer";
import { NormMeasurements, readNorm } from "../src/engine/norm-measurements";
import { oneByOne, sampleTokens } from "../src/engine/replace/apart";
import { leading, tokensOf } from "../src/engine/replace/held-out";
import { scoreVariants, type Network } from "../src/engine/replace/network";
import { tuneTogether } from "../src/engine/replace/tune/tune";
import { candidatesOf, directValues } from "../src/engine/replace/values";
import { openOnnxRuntime } from "../src/engine/runtime/onnxruntime";
import { surveyNorms } from "../src/engine/survey";

async function main(folder: string, tokens: number): Promise<void> {
  const { architecture } = recogniseModel(await openCheckpoint(folder));
  const stages = writeStages(architecture.stages);
  const head = writeStages([architecture.head!])[0]!;
  const runtime = openOnnxRuntime();
  const batches = batchSequences([Array.from({ length: tokens }, (_, index) => (index * 7919) % 50257)], tokens);
  const survey = surveyNorms(stages);
  const norms = new Map((await Promise.all([...survey.values()].map(readNorm))).map((norm) => [norm.name, norm]));
  const measurements = new NormMeasurements(localMeasurer(), norms, survey, batches.length, { seed: 0, skipFirst: false });
  await forward(runtime, stages, batches, { onNormCalls: (calls: readonly NormCall[]) => measurements.add(calls) });
  const { taken } = candidatesOf(await measurements.results(), norms);
  const values = new Map(taken.map((one) => [one.name, directValues("per-channel", one)]));
  const network: Network = { runtime, stages, outcomes: 50257, wholeBatches: false, predictor: { graph: head.graph, isCausal: true, isPositional: true } };
  const sample = leading(batches, sampleTokens(network, taken, tokens), false);

  let start = performance.now();
  await forward(runtime, [...stages, head], batches);
  const pass = (performance.now() - start) / 1000;
  start = performance.now();
  await scoreVariants(network, sample, oneByOne(taken, values), new AbortController().signal, () => undefined);
  const single = (performance.now() - start) / 1000;

  // Opening is paid once, so a step is what four steps take more than one.
  const tune = async (steps: number): Promise<number> => {
    start = performance.now();
    await tuneTogether({ network, batches, starts: [values], steps, signal: new AbortController().signal, onSteps: () => undefined });
    return (performance.now() - start) / 1000;
  };
  const one = await tune(1);
  const step = (await tune(4) - one) / 3;
  process.stdout.write(`${JSON.stringify({ layers: taken.length, sampleTokens: tokensOf(sample), pass, single, step })}\n`);
}

void main(process.argv[2]!, Number(process.argv[3]));
