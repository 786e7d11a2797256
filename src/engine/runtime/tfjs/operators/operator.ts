import type * as tf from "@tensorflow/tfjs-core";
import type { Arrays } from "../arrays";
import type { TfjsBackend } from "../backend";
import { deviceArrays } from "../device/arrays";
import type { HostArray } from "../host/array";
import { hostArrays } from "../host/arrays";
import type { GraphNode } from "../node";

/** One node's turn: what it is given. */
export interface Call<T> {
  /** The data; undefined where an optional input is left out. */
  readonly inputs: readonly (T | undefined)[];
  /** Inputs that say what to do with the data: a shape, axes, entries. They are read wherever the data is. */
  readonly settings: readonly (HostArray | undefined)[];
  readonly node: GraphNode;
  readonly backend: TfjsBackend;
}

/** Computes a node's outputs. */
export type Form<T> = (call: Call<T>) => readonly T[];

/**
 * What a node's operator does, in JavaScript, on the device, or in either place. It is done in JavaScript where there is no other form, or where no
 * input is float32; else on the device, to which inputs are moved.
 */
export interface Operator {
  readonly host?: Form<HostArray>;
  readonly device?: Form<tf.Tensor>;
  /** The first input that is a setting; absent where all are data. */
  readonly settingsFrom?: number;
  /** Takes the place of the forms where shapes are all that is needed of the inputs. */
  readonly ofShapes?: (shapes: readonly (readonly number[])[], node: GraphNode) => HostArray;
}

/** An operator, or one for each node where attributes decide on its place. */
export type OperatorEntry = Operator | ((node: GraphNode) => Operator);

/** Operators by their names in ONNX. */
export type Operators = Readonly<Record<string, OperatorEntry>>;

/** An operator that only moves elements, which is the same everywhere. */
export function movement(settingsFrom: number, form: <T>(arrays: Arrays<T>, call: Call<T>) => readonly T[]): Operator {
  return { settingsFrom, host: (call) => form(hostArrays, call), device: (call) => form(deviceArrays, call) };
}

/** The numbers of a setting; undefined where it is left out. */
export function numbers(setting: HostArray | undefined): number[] | undefined {
  return setting && Array.from(setting.data);
}
