import { createHash } from "node:crypto";
import { CancelledError, UserError } from "../shared/errors";
import type { FitRequest } from "../shared/request";
import type { InputDescription } from "../shared/result";
import type { RunContext } from "./analyze";
import type { Capture, CaptureLayer } from "./capture/capture";
import { openCapture, readBlocks } from "./capture/capture-reader";
import { composeResult, type Analysis } from "./compose";
import type { Measurer } from "./measurer/measurer";
import type { MeasuredNorm } from "./norm-measurements";
import { stopwatch } from "./stopwatch";

/**
 * Measures and fits the norm layers of a capture file, from whatever producer.
 * @throws UserError where the file is no capture, or no layer of it can be fitted; CancelledError where it is stopped.
 */
export async function fitCapture(request: FitRequest, { onProgress, signal, measurer }: RunContext): Promise<Analysis> {
  const watch = stopwatch();
  onProgress({ phase: "open", done: 0, total: 1 });
  const capture = await openCapture(request.capture);
  const open = watch.lap();

  const hash = createHash("sha256");
  const fits: Promise<MeasuredNorm>[] = [];
  for (const [index, layer] of capture.layers.entries()) {
    onProgress({ phase: "fit", stage: layer.norm.name, done: index, total: capture.layers.length });
    measurer.start(layer.norm, request);
    for await (const block of readBlocks(layer)) {
      if (signal.aborted) throw new CancelledError();
      hash.update(block.data);
      await measurer.add(layer.norm.name, block);
    }
    fits.push(fitOf(measurer, layer));
  }
  const statistics = watch.lap();
  const measured = await Promise.all(fits);
  const fit = watch.lap();

  const seen = measured.filter(({ layer }) => layer.tokens > 0);
  if (seen.length === 0) throw new UserError(`${capture.path} holds no finite row of any norm's input, so nothing could be fitted; record it anew, and see to it that the model's values are finite.`);
  return composeResult({
    model: capture.model,
    input: describeInput(capture, request, hash.digest("hex")),
    engine: { runtime: "none", device: "cpu", version: process.version },
    seconds: { open, build: 0, forward: 0, statistics, fit, total: watch.total() },
    coverage: {
      found: measured.length,
      measured: seen.length,
      missing: measured.filter(({ layer }) => layer.tokens === 0).map(({ layer }) => ({ name: layer.name, reason: "the capture holds no finite row of its input" })),
    },
    measured,
    remarks: [],
  });
}

/** The fit runs while the next layer is read; its error is nobody's until the results are waited for. */
function fitOf(measurer: Measurer, { norm, calls }: CaptureLayer): Promise<MeasuredNorm> {
  const fit = measurer.finish(norm.name).then((measured) => ({ ...measured, calls }));
  fit.catch(() => undefined);
  return fit;
}

/** Sequences and tokens are those of the layer that ran over the most of them in one call. */
function describeInput({ path, layers }: Capture, { seed, skipFirst }: FitRequest, sha256: string): InputDescription {
  const sizes = layers.map(({ runs, rows, rowsPerPosition, calls }) => ({
    sequences: runs.reduce((sum, run) => sum + run.sequences, 0) / calls,
    tokens: rows / rowsPerPosition / calls,
  }));
  return {
    kind: "capture",
    source: path,
    sequences: Math.max(0, ...sizes.map((size) => size.sequences)),
    tokens: Math.max(0, ...sizes.map((size) => size.tokens)),
    sha256,
    seed,
    skipFirst,
  };
}
