import type { TensorReference } from "../../checkpoint/checkpoint";
import { isComputable, readElements } from "../../checkpoint/tensor-data";
import type { Graph, Value } from "../../graph/graph";
import { elementCount } from "../../tensor";
import { Cell } from "./cell";
import type { HostArray } from "./host/array";
import { hostArrays } from "./host/arrays";
import type { GraphNode } from "./node";
import { boxOf, entryOf } from "./operators/movements";
import type { Step } from "./step";

/** Weights of which only rows are used, as embedding tables: they stay in their file, and the rows are read. */
export function tablesOf(graph: Graph, nodes: readonly GraphNode[], outputs: readonly Value[]): Map<Value, TensorReference> {
  const tables = new Map([...graph.weights].filter(([, { dtype }]) => isComputable(dtype)));
  for (const value of outputs) tables.delete(value);
  for (const node of nodes) for (const [position, value] of node.inputs.entries()) if (position !== 0 || !takesRows(node)) tables.delete(value);
  return tables;
}

function takesRows(node: GraphNode): boolean {
  return node.opType === "Slice" || (node.opType === "Gather" && node.int("axis", 0) === 0);
}

/** Gather or Slice of a table. */
export function tableStep(node: GraphNode, table: TensorReference): Step {
  const read = node.opType === "Gather" ? gatherRows : sliceRows;
  const [, ...inputs] = node.inputs;
  return {
    inputs,
    outputs: node.outputs,
    run: async (cells) => [Cell.ofArray(await read(node, table, await Cell.readAll(cells)))],
  };
}

type ReadRows = (node: GraphNode, table: TensorReference, settings: readonly (HostArray | undefined)[]) => Promise<HostArray>;

const gatherRows: ReadRows = async (_, table, [ids]) => {
  const [height, ...rest] = table.shape as [number, ...number[]];
  const rows = Array.from(ids!.data, (id) => entryOf(id, height));
  const distinct = [...new Set(rows)].sort((a, b) => a - b);
  const places = new Map(distinct.map((row, place) => [row, place]));
  const pieces: HostArray[] = [];
  for (const { first, count } of runsOf(distinct)) pieces.push(await readRows(table, first, count));
  const read = pieces.length === 0 ? await readRows(table, 0, 0) : hostArrays.concat(pieces, 0);
  return hostArrays.reshape(hostArrays.take(read, rows.map((row) => places.get(row)!), 0), [...ids!.shape, ...rest]);
};

const sliceRows: ReadRows = async (node, table, settings) => {
  const { starts, sizes, steps } = boxOf(table.shape, { settings, node });
  const [first, count, step] = [starts[0]!, sizes[0]!, steps[0]!];
  const last = first + (count - 1) * step;
  const [lowest, height] = count === 0 ? [0, 0] : [Math.min(first, last), Math.abs(last - first) + 1];
  return hostArrays.slice(await readRows(table, lowest, height), [first - lowest, ...starts.slice(1)], sizes, steps);
};

async function readRows(table: TensorReference, first: number, count: number): Promise<HostArray> {
  const [, ...rest] = table.shape as [number, ...number[]];
  const width = elementCount(rest);
  return { type: "float32", shape: [count, ...rest], data: await readElements(table, first * width, count * width) };
}

/** Neighbours in a rising list, which are read at once. */
function runsOf(rows: readonly number[]): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && last.first + last.count === row) last.count += 1;
    else runs.push({ first: row, count: 1 });
  }
  return runs;
}
