import { zeros, type HostArray } from "./array";

/** How far apart neighbours along each axis lie, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** The array whose element [i, j, ...] is x's element number offset + i * strides[0] + j * strides[1] + ... */
export function view(x: HostArray, shape: readonly number[], strides: readonly number[], offset = 0): HostArray {
  const result = zeros(x.type, shape);
  const index = shape.map(() => 0);
  let position = offset;
  for (let element = 0; element < result.data.length; element++) {
    result.data[element] = x.data[position]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      position += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      position -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}
