import { elementCount } from "../../../tensor";

/** Element types of the values of a graph; narrower integers stand as int32, float16 and bfloat16 as float32. */
export type ElementType = "float32" | "float64" | "int64" | "int32" | "bool";

/** The elements of a {@link HostArray}. int64 stands in float64, which is exact up to 2^53: far beyond any shape or id. */
export type Elements = Float32Array | Float64Array | Int32Array | Uint8Array;

/** An array that is computed with in JavaScript, row-major: shapes, ids, positions, and angles in float64. */
export interface HostArray {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Elements;
}

const storage = { float32: Float32Array, float64: Float64Array, int64: Float64Array, int32: Int32Array, bool: Uint8Array } as const;

/** An array of zeros. */
export function zeros(type: ElementType, shape: readonly number[]): HostArray {
  return { type, shape, data: new storage[type](elementCount(shape)) };
}

/** An array of these numbers. */
export function arrayOf(type: ElementType, shape: readonly number[], values: Iterable<number>): HostArray {
  return { type, shape, data: storage[type].from(values) };
}

/** A vector of integers. */
export function intVector(values: readonly number[]): HostArray {
  return arrayOf("int64", [values.length], values);
}

/** The same numbers in another type: cut towards zero for integers, 0 and 1 for bool. */
export function cast(x: HostArray, type: ElementType): HostArray {
  if (x.type === type) return x;
  if (type === "bool") return { type, shape: x.shape, data: Uint8Array.from(x.data, (value) => (value === 0 ? 0 : 1)) };
  if (type === "int64") return { type, shape: x.shape, data: Float64Array.from(x.data, Math.trunc) };
  return { type, shape: x.shape, data: storage[type].from(x.data) };
}

/** Whether these are whole numbers, which divide as such. */
export function isInteger(type: ElementType): boolean {
  return type === "int64" || type === "int32";
}
