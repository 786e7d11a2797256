import { expect } from "vitest";
import type { RowBlock } from "../../../src/analysis/measurement";
import { channelBiases, channelWeights, RowNormaliser } from "../../../src/analysis/normalise";
import type { Norm } from "../../../src/shared/norm";
import { withOutputs, type Graph } from "../../../src/engine/graph/graph";
import { findNorms, type NormNode } from "../../../src/engine/graph/norms";
import type { Batch } from "../../../src/engine/input/input";
import { readNorm } from "../../../src/engine/norm-measurements";
import { rowBlock, settled } from "../../../src/engine/norm-rows";
import type { Runtime } from "../../../src/engine/runtime/runtime";
import type { Tensor } from "../../../src/engine/tensor";

/** A norm as it was found, and how far what it is said to compute is from what the graph computes, relative to the largest element. */
export interface ComparedNorm {
  readonly node: NormNode;
  readonly norm: Norm;
  readonly worstError: number;
}

/** Runs a graph and computes each of its norms again, from its input and from what was found out about it alone. */
export async function compareNorms(runtime: Runtime, graph: Graph, feeds: Readonly<Record<string, Tensor>>, norms = findNorms(graph)): Promise<ComparedNorm[]> {
  const fed = new Set(Object.keys(feeds));
  const wanted = [...new Set(norms.flatMap(({ input, output }) => [input, output]))].filter((value) => !fed.has(value));
  const outputs = new Set((graph.model.graph?.output ?? []).map(({ name }) => name));
  const session = await runtime.open(withOutputs(graph, wanted.filter((value) => !outputs.has(value))));
  const values = { ...feeds, ...(await session.run(feeds, wanted)) };
  await session.close();
  const batch: Batch = { feeds, sequences: Object.values(feeds)[0]!.shape[0]!, sequenceLength: 1 };
  return Promise.all(norms.map(async (node) => {
    const read = await readNorm({ node, graph, calls: 1 });
    const norm = settled(read, values[node.input]!);
    return { node, norm, worstError: difference(computed(norm, rowBlock(read, values[node.input]!, batch)), rowBlock(read, values[node.output]!, batch).data) };
  }));
}

function computed(norm: Norm, { data, rows }: RowBlock): Float64Array {
  const normaliser = new RowNormaliser(norm);
  const [weight, bias] = [channelWeights(norm), channelBiases(norm)];
  const length = data.length / rows;
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += length) {
    const { centre, inverse } = normaliser.normalise(data, start, length)!;
    for (let i = 0; i < length; i++) out[start + i] = weight[i % norm.channels]! * (data[start + i]! - centre) * inverse + bias[i % norm.channels]!;
  }
  return out;
}

function difference(actual: Float64Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((worst, value, index) => Math.max(worst, Math.abs(value - expected[index]!)), 0) / largest;
}
