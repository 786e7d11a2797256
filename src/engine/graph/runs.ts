import { elementCount, type Tensor } from "../tensor";

/**
 * The inputs of a norm that stands in a branch or loop, run by run: none where it did not run.
 * @param values the elements of all runs, one after another.
 * @param sizes for each run the number of axes, then their sizes.
 */
export function runsOf(values: Tensor, sizes: Tensor): Tensor[] {
  if (values.type !== "float32" || sizes.type !== "int64") throw new Error("What goes into a norm is not float32.");
  const runs: Tensor[] = [];
  let start = 0;
  for (let place = 0; place < sizes.data.length; ) {
    const axes = Number(sizes.data[place]!);
    const shape = Array.from(sizes.data.subarray(place + 1, place + 1 + axes), Number);
    const end = start + elementCount(shape);
    if (end > start) runs.push({ type: "float32", shape, data: values.data.subarray(start, end) });
    start = end;
    place += 1 + axes;
  }
  return runs;
}
