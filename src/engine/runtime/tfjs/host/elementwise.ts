import { broadcastShape } from "../shapes";
import { zeros, type ElementType, type HostArray } from "./array";
import { hostArrays } from "./arrays";

/** f of every element. */
export function map(x: HostArray, type: ElementType, f: (value: number) => number): HostArray {
  const result = zeros(type, x.shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = f(x.data[i]!);
  return result;
}

/** f of every pair of elements, where shapes broadcast as NumPy's do. */
export function zip(x: HostArray, y: HostArray, type: ElementType, f: (x: number, y: number) => number): HostArray {
  const shape = broadcastShape(x.shape, y.shape);
  const [a, b] = [x, y].map((array) => hostArrays.expand(array, shape).data) as [HostArray["data"], HostArray["data"]];
  const result = zeros(type, shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = f(a[i]!, b[i]!);
  return result;
}

/** x where the condition holds, else y. */
export function choose(condition: HostArray, x: HostArray, y: HostArray): HostArray {
  const shape = broadcastShape(condition.shape, broadcastShape(x.shape, y.shape));
  const [holds, a, b] = [condition, x, y].map((array) => hostArrays.expand(array, shape).data) as [HostArray["data"], HostArray["data"], HostArray["data"]];
  const result = zeros(x.type, shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = holds[i] === 0 ? b[i]! : a[i]!;
  return result;
}
