import type { Picture } from "./picture";

/**
 * How half a pixel is settled when a crop cannot be centred exactly: Hugging Face's processors go "down" (to the left and up),
 * torchvision and with it timm to the "even" offset, as Python's round does.
 */
export type HalfPixel = "down" | "even";

/** The middle width x height of a picture; where the picture is smaller, black around it. */
export function centerCrop(picture: Picture, width: number, height: number, halfPixel: HalfPixel): Picture {
  if (width === picture.width && height === picture.height) return picture;
  const { channels, data } = picture;
  const left = offset(picture.width - width, halfPixel);
  const top = offset(picture.height - height, halfPixel);
  const out = new Uint8Array(width * height * channels);
  const firstColumn = Math.max(0, left);
  const lastColumn = Math.min(picture.width, left + width);
  for (let row = Math.max(0, top); row < Math.min(picture.height, top + height); row++) {
    const from = row * picture.width;
    const line = data.subarray((from + firstColumn) * channels, (from + lastColumn) * channels);
    out.set(line, ((row - top) * width + firstColumn - left) * channels);
  }
  return { ...picture, width, height, data: out };
}

function offset(spare: number, halfPixel: HalfPixel): number {
  const down = Math.floor(spare / 2);
  const isHalf = spare % 2 !== 0;
  return isHalf && halfPixel === "even" && down % 2 !== 0 ? down + 1 : down;
}
