import type { onnx } from "onnx-proto";
import type { Value } from "../graph";
import type { GradientWriter } from "./writer";

/** A node through which a gradient passes. */
export interface Step {
  readonly node: onnx.INodeProto;
  readonly w: GradientWriter;
  /** Gradient of each output; undefined for one that nothing depends on. */
  readonly given: readonly (Value | undefined)[];
  /** Gradient of the first output. */
  readonly dy: Value;
  readonly inputs: readonly Value[];
  /** The first output. */
  readonly y: Value;
  /** Whether the gradient of an input is wanted. */
  readonly isWanted: (input: number) => boolean;
  /** Shape of a value. @throws NoGradientError where it is not known. */
  readonly shape: (value: Value) => readonly number[];
  /** Integers of a constant. @throws NoGradientError where they are not known before the graph runs. */
  readonly integers: (value: Value) => readonly number[];
  /** The one number of a constant. @throws NoGradientError where it is none. */
  readonly scalar: (value: Value) => number;
}

/** Gradients of a node's inputs from those of its outputs; undefined for an input whose gradient is not wanted, or that has none. */
export type Rule = (step: Step) => readonly (Value | undefined)[];

/** A graph that no gradient can be written for. */
export class NoGradientError extends Error {
  /** @param operator that stands in the way */
  constructor(readonly operator: string) {
    super(`No gradient is known for the operator ${operator}, or not in this form.`);
  }
}

/** An integer attribute as an axis counted from the front. */
export function frontAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
