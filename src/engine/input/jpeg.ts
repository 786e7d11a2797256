import { decode } from "jpeg-js";
import { maximumPixels, type Picture } from "./picture";

/** Whether the bytes are those of a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * The picture of a JPEG file in RGB (grey three times over). EXIF orientation is not applied, as Pillow does not apply it.
 * Pixels differ from libjpeg's by a few levels, as the standard allows.
 * @throws Error where the file is damaged, of a kind that is not supported, or of more than `maximumPixels` pixels.
 */
export function decodeJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: maximumPixels / 1e6,
    maxMemoryUsageInMB: 4096,
  });
  return { width, height, channels: 3, data };
}
