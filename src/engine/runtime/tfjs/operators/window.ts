import type { GraphNode } from "../node";

/** How a kernel goes over the spatial axes of [batch, channels, ...]. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** What is put before and behind each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * Reads a window of Conv or a pool.
 * @param sizes spatial sizes of the input.
 */
export function windowOf(node: GraphNode, sizes: readonly number[], kernel: readonly number[]): Window {
  const strides = node.ints("strides", sizes.map(() => 1));
  const dilations = node.ints("dilations", sizes.map(() => 1));
  const auto = node.string("auto_pad", "NOTSET");
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
    const missing = sizes.map((size, axis) => Math.max(0, (Math.ceil(size / strides[axis]!) - 1) * strides[axis]! + reach(kernel[axis]!, dilations[axis]!) - size));
    const [less, more] = [missing.map((count) => Math.floor(count / 2)), missing.map((count) => Math.ceil(count / 2))];
    return { kernel, strides, dilations, before: auto === "SAME_UPPER" ? less : more, after: auto === "SAME_UPPER" ? more : less };
  }
  const pads = auto === "VALID" ? [] : node.ints("pads", []);
  return { kernel, strides, dilations, before: sizes.map((_, axis) => pads[axis] ?? 0), after: sizes.map((_, axis) => pads[axis + sizes.length] ?? 0) };
}

/** Elements from the first to the last that a kernel touches. */
export function reach(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}
