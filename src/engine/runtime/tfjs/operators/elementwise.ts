import * as tf from "@tensorflow/tfjs-core";
import { cast, isInteger, type ElementType, type HostArray } from "../host/array";
import { choose, map, zip } from "../host/elementwise";
import { elementType } from "../initializer";
import type { Form, Operator, Operators } from "./operator";

/** A function of one number, where it has one in JavaScript too; its result has the type of x unless another is named. */
function unary(device: (x: tf.Tensor) => tf.Tensor, host?: (x: number) => number, result?: ElementType): Operator {
  return {
    ...(host && { host: ({ inputs }) => [map(inputs[0]!, result ?? inputs[0]!.type, host)] }),
    device: ({ inputs }) => [device(inputs[0]!)],
  };
}

/** A function of two numbers, which broadcasts; `whole` is said of integers. */
function binary(device: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor, host: (x: number, y: number, whole: boolean) => number): Operator {
  return {
    host: ({ inputs: [x, y] }) => [zip(x!, y!, x!.type, (a, b) => host(a, b, isInteger(x!.type)))],
    device: ({ inputs: [x, y] }) => [device(x!, y!)],
  };
}

/** A question of two numbers, which broadcasts. */
function question(device: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor, host: (x: number, y: number) => boolean): Operator {
  return {
    host: ({ inputs: [x, y] }) => [zip(x!, y!, "bool", (a, b) => Number(host(a, b)))],
    device: ({ inputs: [x, y] }) => [device(x!, y!)],
  };
}

/** A function of any number of inputs, two at a time. */
function folded(device: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor, host: (x: number, y: number) => number): Operator {
  return {
    host: ({ inputs }) => [present(inputs).reduce((x, y) => zip(x, y, x.type, host))],
    device: ({ inputs }) => [present(inputs).reduce(device)],
  };
}

function present<T>(inputs: readonly (T | undefined)[]): T[] {
  return inputs.filter((input) => input !== undefined);
}

/** float32 and bool may be on the device; integers and float64 are JavaScript's, so that what becomes one of them is read. */
function castTo(type: ElementType): Operator {
  const host: Form<HostArray> = ({ inputs }) => [cast(inputs[0]!, type)];
  if (type === "float32") return { host, device: ({ inputs }) => [tf.cast(inputs[0]!, type)] };
  // The cast of the wasm backend takes 0.5 for false.
  if (type === "bool") return { host, device: ({ inputs }) => [tf.notEqual(inputs[0]!, tf.zerosLike(inputs[0]!))] };
  return { host };
}

/** Halves go to the even neighbour. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** The remainder that has the sign of y. */
function floorMod(x: number, y: number): number {
  return x - Math.floor(x / y) * y;
}

/** The remainder that has the sign of x. */
function truncatedMod(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.mul(tf.sign(x), tf.mod(tf.abs(x), tf.abs(y)));
}

/** Functions of numbers at the same place. */
export const elementwise: Operators = {
  Add: binary(tf.add, (x, y) => x + y),
  Sub: binary(tf.sub, (x, y) => x - y),
  Mul: binary(tf.mul, (x, y) => x * y),
  Div: binary(tf.div, (x, y, whole) => (whole ? Math.trunc(x / y) : x / y)),
  Pow: binary(tf.pow, (x, y) => x ** y),
  Mod: {
    host: ({ inputs: [x, y], node }) => [zip(x!, y!, x!.type, node.int("fmod", 0) === 1 ? (a, b) => a % b : floorMod)],
    device: ({ inputs: [x, y], node }) => [(node.int("fmod", 0) === 1 ? truncatedMod : tf.mod)(x!, y!)],
  },
  Max: folded(tf.maximum, Math.max),
  Min: folded(tf.minimum, Math.min),
  Sum: folded(tf.add, (x, y) => x + y),
  Mean: { device: ({ inputs }) => [tf.div(present(inputs).reduce(tf.add), present(inputs).length)] },
  Neg: unary(tf.neg, (x) => -x),
  Abs: unary(tf.abs, Math.abs),
  Sign: unary(tf.sign, Math.sign),
  Sqrt: unary(tf.sqrt, Math.sqrt),
  Reciprocal: unary(tf.reciprocal, (x) => 1 / x),
  Exp: unary(tf.exp, Math.exp),
  Log: unary(tf.log, Math.log),
  Erf: unary(tf.erf),
  Sin: unary(tf.sin, Math.sin),
  Cos: unary(tf.cos, Math.cos),
  Tanh: unary(tf.tanh, Math.tanh),
  Floor: unary(tf.floor, Math.floor),
  Ceil: unary(tf.ceil, Math.ceil),
  Round: unary(tf.round, roundHalfToEven),
  IsNaN: unary(tf.isNaN, (x) => Number(Number.isNaN(x)), "bool"),
  IsInf: unary(tf.isInf, (x) => Number(x === Infinity || x === -Infinity), "bool"),
  Not: unary(tf.logicalNot, (x) => 1 - x),
  And: question(tf.logicalAnd, (x, y) => x !== 0 && y !== 0),
  Or: question(tf.logicalOr, (x, y) => x !== 0 || y !== 0),
  Xor: question(tf.notEqual, (x, y) => x !== y),
  Equal: question(tf.equal, (x, y) => x === y),
  Less: question(tf.less, (x, y) => x < y),
  LessOrEqual: question(tf.lessEqual, (x, y) => x <= y),
  Greater: question(tf.greater, (x, y) => x > y),
  GreaterOrEqual: question(tf.greaterEqual, (x, y) => x >= y),
  Where: {
    host: ({ inputs: [condition, x, y] }) => [choose(condition!, x!, y!)],
    device: ({ inputs: [condition, x, y] }) => [tf.where(tf.cast(condition!, "bool"), x!, y!)],
  },
  Clip: {
    host: ({ inputs: [x, low, high] }) => {
      const raised = low ? zip(x!, low, x!.type, Math.max) : x!;
      return [high ? zip(raised, high, x!.type, Math.min) : raised];
    },
    device: ({ inputs: [x, low, high], node }) => {
      const [lowest, highest] = [low ?? node.float("min", undefined), high ?? node.float("max", undefined)];
      const raised = lowest === undefined ? x! : tf.maximum(x!, lowest);
      return [highest === undefined ? raised : tf.minimum(raised, highest)];
    },
  },
  Cast: (node) => castTo(elementType(node.int("to", 0))),
  CastLike: { host: ({ inputs: [x, like] }) => [cast(x!, like!.type)], device: ({ inputs: [x, like] }) => [tf.cast(x!, like!.dtype)] },
  Identity: { host: ({ inputs }) => [inputs[0]!], device: ({ inputs }) => [inputs[0]!] },
  Dropout: {
    host: ({ inputs }) => [inputs[0]!],
    device: ({ inputs: [x] }) => [x!, tf.cast(tf.onesLike(x!), "bool")],
    settingsFrom: 1,
  },
};
