/** A decoded image: 8 bits a channel, grey or RGB, row by row with the channels of a pixel side by side. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  /** Length width * height * channels. */
  readonly data: Uint8Array;
}

/**
 * Most pixels that an image may have: Pillow's own bound on decompression bombs (MAX_IMAGE_PIXELS, a quarter GiB of RGB).
 */
export const maximumPixels = 89_478_485;

/** The picture in RGB: grey three times over. */
export function toRgb(picture: Picture): Picture {
  if (picture.channels === 3) return picture;
  const data = new Uint8Array(3 * picture.data.length);
  picture.data.forEach((value, pixel) => data.fill(value, 3 * pixel, 3 * pixel + 3));
  return { ...picture, channels: 3, data };
}

/** The picture in grey: ITU-R 601-2 luma in 16-bit fixed point, as Pillow's mode "L". */
export function toGrey(picture: Picture): Picture {
  if (picture.channels === 1) return picture;
  const data = new Uint8Array(picture.width * picture.height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const [r, g, b] = [picture.data[3 * pixel]!, picture.data[3 * pixel + 1]!, picture.data[3 * pixel + 2]!];
    data[pixel] = (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;
  }
  return { ...picture, channels: 1, data };
}
