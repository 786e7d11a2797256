import { UserError } from "../../shared/errors";

/** Far above what any model is trained on, and small enough to be computed with. */
const mostPixels = 2 ** 24;

/**
 * Height and width from a number, [height, width] or timm's [channels, height, width]; else from 224 x 224, the usual size.
 * @param patchShape [..., patch height, patch width]
 * @throws UserError where that is no size, one smaller than a patch, or far too large a one.
 */
export function imageSize(stated: unknown, patchShape: readonly number[]): [number, number] {
  const sizes: unknown[] = Array.isArray(stated) ? stated.slice(-2) : [stated ?? 224, stated ?? 224];
  const [height, width] = sizes;
  if (!isSize(height) || !isSize(width) || height < patchShape.at(-2)! || width < patchShape.at(-1)!) {
    throw new UserError(`config.json: the image size ${JSON.stringify(stated)} is not one that holds a patch of ${patchShape.slice(2).join(" x ")}.`);
  }
  if (height * width > mostPixels) throw new UserError(`config.json: images of ${height} x ${width} pixels are larger than the ${mostPixels} pixels that are run; check the image size.`);
  return [height, width];
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 65_536;
}
