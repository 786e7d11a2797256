/** What moves elements without computing: there is one of these for arrays in JavaScript, and one for tensors of a backend. */
export interface Arrays<T> {
  shape(x: T): readonly number[];
  /** The same elements in another shape. */
  reshape(x: T, shape: readonly number[]): T;
  /** Axis i of the result is axis permutation[i] of x. */
  transpose(x: T, permutation: readonly number[]): T;
  /** `sizes` elements along each axis, from `starts` on in steps of `steps`, which may be negative. */
  slice(x: T, starts: readonly number[], sizes: readonly number[], steps: readonly number[]): T;
  /** x repeated along axes of size 1 and new axes at the left. */
  expand(x: T, shape: readonly number[]): T;
  /** The arrays one after the other along an axis. */
  concat(xs: readonly T[], axis: number): T;
  /** The entries with these numbers along an axis. */
  take(x: T, entries: readonly number[], axis: number): T;
  /** x with a border of one value. */
  pad(x: T, before: readonly number[], after: readonly number[], value: number): T;
}
