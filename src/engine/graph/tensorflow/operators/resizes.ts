import type { TensorflowNode, Translation, Translations } from "../node";
import { channelsFirst } from "./channels-first";

/** Where in the image a place of its resized form lies. */
function coordinates(node: TensorflowNode): string {
  if (node.flag("align_corners")) return "align_corners";
  return node.flag("half_pixel_centers") ? "half_pixel" : "asymmetric";
}

/** An image in another height and width. */
const resize = (mode: string): Translation => (node, writer) =>
  channelsFirst(node, writer, (value) => {
    const leading = writer.op("Shape", [value], { end: { int: 2 } });
    const sizes = writer.op("Concat", [leading, node.input(1)], { axis: { int: 0 } });
    const transformation = coordinates(node);
    const nearest = transformation === "asymmetric" ? "floor" : "round_prefer_ceil";
    return writer.op("Resize", [value, "", "", sizes], { mode: { string: mode }, coordinate_transformation_mode: { string: transformation }, nearest_mode: { string: nearest } });
  });

/** Operators that give images other sizes. */
export const resizes: Translations = {
  ResizeBilinear: resize("linear"),
  ResizeNearestNeighbor: resize("nearest"),
};
