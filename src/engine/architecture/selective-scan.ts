import type { GraphBuilder } from "../graph/builder";
import type { Value } from "../graph/graph";
import { blockIndices } from "./architecture";

/** A state space whose step, input and output follow from the sequence (Mamba, arXiv 2312.00752, Section 3). */
export interface StateSpace {
  readonly channels: number;
  readonly states: number;
  /** Steps, above zero: [batch, sequence, channels]. */
  readonly steps: Value;
  /** What comes in: [batch, sequence, channels]. */
  readonly inputs: Value;
  /** How it enters the state: [batch, sequence, states]. */
  readonly entries: Value;
  /** How the state is read: [batch, sequence, states]. */
  readonly reads: Value;
  /** Rates of the state, below zero: [states, channels]. */
  readonly rates: Value;
}

/** Longest sequence that is followed from its first position to its last. */
export const longestScan = 65_536;

/** Positions that follow one after another; pieces of this length run beside each other. */
const piece = 32;

/**
 * h_t = exp(step_t * rate) * h_(t-1) + step_t * entry_t * input_t, and read_t · h_t of it: [batch, sequence, channels].
 * Each piece is followed from an empty state; what its state would have been is then handed on from piece to piece, and each is followed once more.
 * No factor exceeds 1, so that nothing overflows, however long the sequence.
 */
export function selectiveScan(g: GraphBuilder, space: StateSpace): Value {
  const pieces = inPieces(g, space);
  const positions = blockIndices(piece).map((place) => positionAt(g, pieces, place, space));
  const whole = g.op("ReduceSum", [g.op("Slice", [pieces, g.ints([0]), g.ints([space.channels]), g.ints([3])]), g.ints([2])]);
  const arriving = handedOn(g, lastState(g, positions), g.op("Exp", [g.multiply(whole, space.rates)]));
  let state = arriving;
  const outputs = positions.map((position) => {
    state = next(g, state, position);
    return g.op("MatMul", [position.read, state]);
  });
  const joined = g.op("Reshape", [g.op("Concat", outputs, { axis: { int: 2 } }), g.ints([0, -1, space.channels])]);
  return g.op("Slice", [joined, g.ints([0]), g.sequenceLength(space.steps), g.ints([1])]);
}

/** What stands at one position of all pieces. */
interface Position {
  /** What remains of the state: [batch, pieces, states, channels]. */
  readonly kept: Value;
  /** What is added to it: the same shape. */
  readonly added: Value;
  /** [batch, pieces, 1, states] */
  readonly read: Value;
}

/** Steps, what comes in times these, entries and reads: [batch, pieces, positions, all of them]. The last piece is filled with steps of 0, which change nothing. */
function inPieces(g: GraphBuilder, { steps, inputs, entries, reads, channels, states }: StateSpace): Value {
  const all = g.op("Concat", [steps, g.multiply(steps, inputs), entries, reads], { axis: { int: 2 } });
  const missing = g.op("Mod", [g.op("Neg", [g.sequenceLength(steps)]), g.ints([piece])]);
  const filled = g.op("Pad", [all, g.op("Concat", [g.ints([0, 0, 0, 0]), missing, g.ints([0])], { axis: { int: 0 } })]);
  return g.op("Reshape", [filled, g.ints([0, -1, piece, 2 * (channels + states)])]);
}

function positionAt(g: GraphBuilder, pieces: Value, place: number, { rates, channels, states }: StateSpace): Position {
  const position = g.op("Slice", [pieces, g.ints([place]), g.ints([place + 1]), g.ints([2])]);
  const [step, input, entry, read] = g.ops("Split", [position, g.ints([channels, channels, states, states])], { axis: { int: 3 } }, 4) as [Value, Value, Value, Value];
  return { kept: g.op("Exp", [g.multiply(step, rates)]), added: g.multiply(g.op("Reshape", [entry, g.ints([0, 0, states, 1])]), input), read };
}

function next(g: GraphBuilder, state: Value, { kept, added }: Position): Value {
  return g.add(g.multiply(kept, state), added);
}

/** State at the end of each piece that began with none. */
function lastState(g: GraphBuilder, [first, ...rest]: readonly Position[]): Value {
  return rest.reduce((state, position) => next(g, state, position), first!.added);
}

/** State at the beginning of each piece: what all before it left, gathered over twice as many pieces at a time. */
function handedOn(g: GraphBuilder, left: Value, kept: Value): Value {
  const doublings = Math.ceil(Math.log2(longestScan / piece));
  const gathered = blockIndices(doublings).reduce(
    (so, doubling) => ({ left: g.add(so.left, g.multiply(so.kept, later(g, so.left, 2 ** doubling))), kept: g.multiply(so.kept, later(g, so.kept, 2 ** doubling)) }),
    { left, kept },
  );
  return later(g, gathered.left, 1);
}

/** The same pieces moved back by some, with nothing in front. */
function later(g: GraphBuilder, x: Value, by: number): Value {
  return g.op("Slice", [g.op("Pad", [x, g.ints([0, by, 0, 0, 0, 0, 0, 0])]), g.ints([0]), g.ints([-by]), g.ints([1])]);
}
