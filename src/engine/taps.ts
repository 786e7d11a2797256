import type { RowBlock } from "../analysis/measurement";
import { CaptureWriter, type CaptureDescription } from "./capture/capture-writer";
import type { SequenceRun } from "./capture/sequence-runs";
import type { NormCall } from "./forward";
import type { Batch } from "./input/input";
import { rowBlock, settledByElement, type RowsOfNorm } from "./norm-rows";
import type { SurveyedNorm } from "./survey";

/** Where the inputs of norms go while a forward pass runs: all but those in branches and loops, whose number nobody knows before. */
export interface Taps {
  add(calls: readonly NormCall[]): Promise<void>;
  /** Does the work, then puts the file in its place; if the work fails, nothing is left behind. */
  closeAfter<T>(work: () => Promise<T>): Promise<T>;
}

/** Nothing is kept. */
const noTaps: Taps = {
  add: () => Promise.resolve(),
  closeAfter: (work) => work(),
};

/**
 * Starts a capture file, or does nothing where no path is given.
 * @throws UserError where it can't be written.
 */
export async function openTaps(
  path: string | undefined,
  norms: ReadonlyMap<string, RowsOfNorm>,
  survey: ReadonlyMap<string, SurveyedNorm>,
  batches: readonly Batch[],
  description: CaptureDescription,
): Promise<Taps> {
  if (path === undefined) return noTaps;
  const mostCalls = Math.max(0, ...[...survey.values()].map(({ calls }) => calls));
  const writer = await CaptureWriter.create(path, [...norms.values()], batches.length * mostCalls, description);
  const announced = new Set<string>();

  const announce = async (call: NormCall): Promise<void> => {
    const { name } = call.norm;
    if (announced.has(name)) return;
    announced.add(name);
    const block = rowBlock(norms.get(name)!, call.input, call.batch);
    const { rowsPerPosition } = block;
    const { calls } = survey.get(name)!;
    const runs = Array.from({ length: calls }, () => batches.map((batch) => runOf(batch, block, call.batch))).flat();
    await writer.announce({ norm: settledByElement(norms.get(name)!, call.input), runs, rowsPerPosition, calls });
  };

  return {
    add: async (calls) => {
      for (const call of calls.filter(({ norm }) => norm.sizes === undefined)) {
        await announce(call);
        await writer.append(call.norm.name, rowBlock(norms.get(call.norm.name)!, call.input, call.batch).data);
      }
    },
    closeAfter: async (work) => {
      try {
        const result = await work();
        await writer.close();
        return result;
      } finally {
        await writer.abort();
      }
    },
  };
}

/**
 * How a batch's rows fall into sequences, told by the rows of another one: as many for each token; where that is no whole number, as
 * behind a pooling, as many for each sequence, whatever its length.
 */
function runOf(batch: Batch, { rows, rowsPerSequence }: RowBlock, other: Batch): SequenceRun {
  const sequences = (batch.sequences * rows) / rowsPerSequence / other.sequences;
  const rowsPerToken = rowsPerSequence / other.sequenceLength;
  return { sequences, rowsPerSequence: Number.isInteger(rowsPerToken) ? batch.sequenceLength * rowsPerToken : rowsPerSequence };
}
