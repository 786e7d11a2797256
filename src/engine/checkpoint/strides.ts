/** Strides of a tensor whose elements stand one after another, row-major. */
export function contiguousStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Whether the elements of a view stand one after another, row-major; the stride of an axis of size 1 means nothing. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  const contiguous = contiguousStrides(shape);
  return shape.includes(0) || shape.every((size, axis) => size === 1 || strides[axis] === contiguous[axis]);
}

/** Elements of a storage that a view spans, from its first to its last. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, size, axis) => span + (size - 1) * strides[axis]!, 1);
}

/** Calls `take(position in the span, number from 0 on)` for the `count` elements of a view from its element `first` on, row-major. */
export function visitStrided(shape: readonly number[], strides: readonly number[], first: number, count: number, take: (position: number, index: number) => void): void {
  const { place, position: start } = placeOf(shape, strides, first);
  let position = start;
  for (let index = 0; index < count; index++) {
    take(position, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis]!;
      place[axis]! += 1;
      if (place[axis]! < shape[axis]!) break;
      position -= shape[axis]! * strides[axis]!;
      place[axis] = 0;
    }
  }
}

function placeOf(shape: readonly number[], strides: readonly number[], element: number): { place: number[]; position: number } {
  const place = shape.map(() => 0);
  let rest = element;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return { place, position: place.reduce((position, index, axis) => position + index * strides[axis]!, 0) };
}
