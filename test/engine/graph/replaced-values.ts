import { curves } from "../../../src/analysis/curves";
import type { ElementWiseValues } from "../../../src/engine/graph/replace";
import { elementCount, type Tensor } from "../../../src/engine/tensor";
import type { ReplacementCurve } from "../../../src/shared/replacement";

const alpha = 0.7;
const curveOf = (index: number): ReplacementCurve => (["tanh", "erf", "isru"] as const)[index % 3]!;

/** Values that are different in every channel, of the curves in turn. */
export function valuesFor(shape: readonly number[], index: number): ElementWiseValues {
  const count = elementCount(shape);
  const curve = curveOf(index);
  return { curve, alpha, shift: curve === "erf" ? 0.2 : 0, shape, gain: Float32Array.from({ length: count }, (_, c) => 1 + c / count), offset: Float32Array.from({ length: count }, (_, c) => c / count - 0.5) };
}

/** What a layer with these values makes of an input: gain * f(alpha x + shift) + offset, element by element. */
export function replacedValues({ shape, data }: Tensor, values: ElementWiseValues): Float32Array {
  const inner = shape.slice(shape.length - values.shape.length);
  const strides = values.shape.map((size, axis) => (size === 1 ? 0 : elementCount(values.shape.slice(axis + 1))));
  return Float32Array.from(data as Float32Array, (x, index) => {
    let rest = index % elementCount(inner);
    const channel = inner.reduceRight((sum, size, axis) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return sum + place * strides[axis]!;
    }, 0);
    return values.gain[channel]! * curves[values.curve].value(values.alpha * x + values.shift) + values.offset[channel]!;
  });
}
