import type { TensorReference } from "../../checkpoint/checkpoint";
import { isJsonObject } from "../../checkpoint/json";
import type { JsonObject } from "../../checkpoint/json";
import type { GraphBuilder } from "../builder";
import type { Value } from "../graph";

/** A value on its way through the graph, and the number of its axes. */
export interface Flow {
  readonly value: Value;
  readonly rank: number;
}

/** Thrown by what writes a layer where its settings are of a kind that it can't write: the message follows "which has ". */
export class NotWritten extends Error {
  override readonly name = "NotWritten";
}

/** A call of a layer that is to be written into a graph. */
export interface LayerCall {
  readonly g: GraphBuilder;
  /** Name of the layer, with those of the models around it: unique in the graph. */
  readonly name: string;
  readonly settings: Settings;
  /** All tensors that it is called with, in their order. */
  readonly inputs: readonly Flow[];
  /** The first of them. */
  readonly x: Flow;
  /** Size of its last axis, where the configuration states it. */
  readonly channels?: number | undefined;
  readonly args: readonly unknown[];
  readonly kwargs: JsonObject;
  /** What an argument is, by its place or its name; undefined where it is not given or no tensor. */
  readonly argument: (place: number, name: string) => Flow | undefined;
  /** A variable of the layer; undefined where it has none of this name. */
  readonly variable: (...path: readonly string[]) => TensorReference | undefined;
}

/** Writes a call of a layer of some class. @throws NotWritten */
export type LayerWriter = (call: LayerCall) => Flow;

/** A variable that the layer can't be without. @throws where it is missing. */
export function required({ name, variable }: LayerCall, ...path: readonly string[]): TensorReference {
  const found = variable(...path);
  if (found) return found;
  throw new Error(`its layer "${name}" lacks the variable "${path.join("/")}"`);
}

/** The settings of a layer, as its configuration has them. */
export class Settings {
  constructor(readonly all: JsonObject) {}

  number(name: string, otherwise?: number): number {
    const value = this.all[name] ?? otherwise;
    if (typeof value === "number") return value;
    throw new Error(`a layer of its states no number for "${name}"`);
  }

  text(name: string, otherwise: string): string {
    const value = this.all[name] ?? otherwise;
    if (typeof value === "string") return value;
    throw new NotWritten(`a "${name}" of its own`);
  }

  flag(name: string, otherwise = false): boolean {
    const value = this.all[name] ?? otherwise;
    return value === true;
  }

  /** A number, or one for each of `count` axes. */
  numbers(name: string, count: number, otherwise = 1): number[] {
    const value = this.all[name] ?? otherwise;
    if (typeof value === "number") return Array.from({ length: count }, () => value);
    if (Array.isArray(value) && value.length === count && value.every((one) => typeof one === "number")) return value;
    throw new Error(`a layer of its states no numbers for "${name}"`);
  }

  /** A list of whole numbers of any length. */
  list(name: string): number[] {
    const value = this.all[name];
    if (typeof value === "number") return [value];
    if (Array.isArray(value) && value.every((one) => Number.isSafeInteger(one))) return value as number[];
    throw new Error(`a layer of its states no list of numbers for "${name}"`);
  }

  /** @throws NotWritten where a setting is given at all. */
  refuse(...names: readonly string[]): void {
    const given = names.find((name) => this.all[name] !== undefined && this.all[name] !== null && this.all[name] !== false && this.all[name] !== 0);
    if (given !== undefined) throw new NotWritten(`"${given}"`);
  }
}

/** The name of a function that a setting holds: a text, or an object that names one of Keras's own. */
export function functionName(value: unknown): string {
  if (value === null || value === undefined) return "linear";
  if (typeof value === "string") return value;
  const isOwn = isJsonObject(value) && (value["module"] === "builtins" || String(value["module"]).startsWith("keras"));
  const name = isOwn ? (value["class_name"] === "function" ? value["config"] : value["class_name"]) : undefined;
  if (typeof name === "string") return name;
  throw new NotWritten("a function of its own");
}
