import type { Value } from "../../graph";
import type { TensorflowNode, Translation } from "../node";
import { endOfAll, type OnnxWriter } from "../writer";

/** What TensorFlow's indexing says at one place of its list. */
interface Place {
  /** Its number in the list of begins, ends and strides. */
  readonly index: number;
  /** The axis of the value that is sliced; from the end behind an ellipsis. */
  readonly axis: number;
}

/** The places of a list of indices by what they do. */
interface Places {
  readonly slices: readonly Place[];
  /** Places that take one entry and with it the axis. */
  readonly entries: readonly Place[];
  /** Axes of the outcome that are new. */
  readonly added: readonly number[];
}

/** x[begin:end:stride, entry, ..., newaxis]: slices, then single entries, then new axes. */
export const stridedSlice: Translation = (node, writer) => {
  const { slices, entries, added } = placesOf(node, countOf(node, writer));
  const sliced = slices.length === 0 ? node.input(0) : slice(node, writer, slices);
  const last = (places: readonly Place[]): Place[] => [...places.filter(({ axis }) => axis >= 0).sort((a, b) => b.axis - a.axis), ...places.filter(({ axis }) => axis < 0).sort((a, b) => a.axis - b.axis)];
  const taken = last(entries).reduce((value, { index, axis }) => writer.op("Gather", [value, scalarAt(writer, node.input(1), index)], { axis: { int: axis } }), sliced);
  return added.length === 0 ? taken : writer.op("Unsqueeze", [taken, writer.ints(added)]);
};

/** How many indices there are. */
function countOf(node: TensorflowNode, writer: OnnxWriter): number {
  const known = [1, 2, 3].map((place) => writer.integers(node.input(place))?.length).find((length) => length !== undefined);
  if (known === undefined) throw new Error(`its node "${node.name}" computes how many axes it slices from what is fed`);
  return known;
}

function placesOf(node: TensorflowNode, count: number): Places {
  const isSet = (mask: string, index: number): boolean => ((node.int(mask, 0) >> index) & 1) === 1;
  const indices = Array.from({ length: count }, (_, index) => index);
  const ellipsis = indices.findIndex((index) => isSet("ellipsis_mask", index));
  const isNew = (index: number): boolean => isSet("new_axis_mask", index);
  const isEntry = (index: number): boolean => !isNew(index) && isSet("shrink_axis_mask", index);
  const placed = (chosen: readonly number[], takesAxis: (index: number) => boolean): Place[] =>
    chosen.map((index) => {
      const isBehind = ellipsis >= 0 && index > ellipsis;
      return { index, axis: isBehind ? -indices.filter((other) => other >= index && takesAxis(other)).length : indices.filter((other) => other < index && takesAxis(other)).length };
    });
  const own = indices.filter((index) => index !== ellipsis);
  const ofValue = placed(own.filter((index) => !isNew(index)), (index) => !isNew(index));
  return {
    slices: ofValue.filter(({ index }) => !isEntry(index)),
    entries: ofValue.filter(({ index }) => isEntry(index)),
    added: placed(own.filter(isNew), (index) => !isEntry(index)).map(({ axis }) => axis),
  };
}

function slice(node: TensorflowNode, writer: OnnxWriter, places: readonly Place[]): Value {
  const strides = writer.integers(node.input(3));
  if (!strides) throw new Error(`its node "${node.name}" computes the steps of a slice from what is fed`);
  const isOpen = (mask: string, index: number): boolean => ((node.int(mask, 0) >> index) & 1) === 1;
  const goesUp = (index: number): boolean => strides[index]! > 0;
  const begins = places.map(({ index }) => (isOpen("begin_mask", index) ? (goesUp(index) ? 0 : endOfAll) : undefined));
  const ends = places.map(({ index }) => (isOpen("end_mask", index) ? (goesUp(index) ? endOfAll : -endOfAll) : undefined));
  const isWhole = places.map(({ index }, place) => begins[place] === 0 && ends[place] === endOfAll && strides[index] === 1);
  const chosen = places.flatMap((one, place) => (isWhole[place] === true ? [] : [{ ...one, begin: begins[place], end: ends[place] }]));
  if (chosen.length === 0) return node.input(0);
  const starts = list(writer, node.input(1), chosen.map(({ index, begin }) => ({ index, fixed: begin })));
  const stops = list(writer, node.input(2), chosen.map(({ index, end }) => ({ index, fixed: end })));
  return writer.op("Slice", [node.input(0), starts, stops, writer.ints(chosen.map(({ axis }) => axis)), writer.ints(chosen.map(({ index }) => strides[index]!))]);
}

/** Some entries of a list, of which others are fixed. */
function list(writer: OnnxWriter, from: Value, entries: readonly { readonly index: number; readonly fixed: number | undefined }[]): Value {
  const known = writer.integers(from);
  if (known) return writer.ints(entries.map(({ index, fixed }) => fixed ?? known[index]!));
  const pieces = entries.map(({ index, fixed }) => (fixed === undefined ? writer.op("Gather", [from, writer.ints([index])], { axis: { int: 0 } }) : writer.ints([fixed])));
  return pieces.length === 1 ? pieces[0]! : writer.op("Concat", pieces, { axis: { int: 0 } });
}

function scalarAt(writer: OnnxWriter, from: Value, index: number): Value {
  const known = writer.integers(from);
  return known ? writer.int(known[index]!) : writer.op("Gather", [from, writer.int(index)], { axis: { int: 0 } });
}
