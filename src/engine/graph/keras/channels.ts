import type { GraphBuilder } from "../builder";
import type { Value } from "../graph";
import type { Flow } from "./call";

/** A value whose channels stand last as ONNX has it: channels second. */
export function channelsSecond(g: GraphBuilder, { value, rank }: Flow): Value {
  return rank < 3 ? value : g.op("Transpose", [value], { perm: { ints: [0, rank - 1, ...places(rank)] } });
}

/** Back from {@link channelsSecond}. */
export function channelsLast(g: GraphBuilder, { value, rank }: Flow): Flow {
  return { rank, value: rank < 3 ? value : g.op("Transpose", [value], { perm: { ints: [0, ...places(rank).map((axis) => axis + 1), 1] } }) };
}

/** The axes between those of samples and channels, where channels stand last. */
export function places(rank: number): number[] {
  return Array.from({ length: rank - 2 }, (_, axis) => axis + 1);
}
