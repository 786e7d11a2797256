import { createHash } from "node:crypto";
import { LayerMeasurement } from "../analysis/measurement";
import { CancelledError } from "../shared/errors";
import type { FitRequest } from "../shared/request";
import type { InputDescription } from "../shared/result";
import type { RunContext } from "./analyze";
import type { Capture } from "./capture/capture";
import { openCapture, readBlocks } from "./capture/capture-reader";
import { composeResult, type Analysis } from "./compose";
import type { MeasuredNorm } from "./measure";
import { stopwatch } from "./stopwatch";

/**
 * Measures and fits the norm layers of a capture file, from whatever producer.
 * @throws UserError where the file is no capture; CancelledError where it is stopped.
 */
export async function fitCapture(request: FitRequest, { onProgress, signal }: RunContext): Promise<Analysis> {
  const watch = stopwatch();
  onProgress({ phase: "open", done: 0, total: 1 });
  const capture = await openCapture(request.capture);
  const open = watch.lap();

  const seconds = { statistics: 0, fit: 0 };
  const hash = createHash("sha256");
  const measured: MeasuredNorm[] = [];
  for (const [index, layer] of capture.layers.entries()) {
    onProgress({ phase: "fit", stage: layer.norm.name, done: index, total: capture.layers.length });
    const measurement = new LayerMeasurement(layer.norm, request);
    for await (const block of readBlocks(layer)) {
      if (signal.aborted) throw new CancelledError();
      hash.update(block.data);
      measurement.add(block);
    }
    seconds.statistics += watch.lap();
    measured.push({ ...measurement.finish(), calls: layer.calls });
    seconds.fit += watch.lap();
  }

  const seen = measured.filter(({ layer }) => layer.tokens > 0);
  return composeResult({
    model: capture.model,
    input: describeInput(capture, request, hash.digest("hex")),
    engine: { runtime: "none", device: "cpu", version: process.version },
    seconds: { open, build: 0, forward: 0, ...seconds, total: watch.total() },
    coverage: {
      found: measured.length,
      measured: seen.length,
      missing: measured.filter(({ layer }) => layer.tokens === 0).map(({ layer }) => ({ name: layer.name, reason: "the capture holds no finite row of its input" })),
    },
    measured,
    remarks: [],
  });
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
