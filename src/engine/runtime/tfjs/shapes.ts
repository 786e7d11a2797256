import { elementCount } from "../../tensor";

/** The shape that both broadcast to, as NumPy has it: sizes stand at the right, and 1 fits any. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Error(`Shapes [${a.join(", ")}] and [${b.join(", ")}] don't fit each other.`);
    return x === 1 ? y : x;
  });
}

/** An axis that may be counted from the end, counted from the start. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The axes from 0 on. */
export function axesUpTo(rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis);
}

/** Sizes before an axis, at it, and behind it, each multiplied. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  return { outer: elementCount(shape.slice(0, axis)), size: shape[axis]!, inner: elementCount(shape.slice(axis + 1)) };
}

/** The shape with one size changed. */
export function withSize(shape: readonly number[], axis: number, size: number): number[] {
  return shape.map((other, index) => (index === axis ? size : other));
}

/** Shapes are small: whether two are the same. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
