import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../../shared/errors";
import { centerCrop } from "./crop";
import { fileSize, listFolder } from "./files";
import type { ImageInput } from "./input";
import { decodeJpeg, isJpeg } from "./jpeg";
import { maximumPixels, toGrey, toRgb, type Picture } from "./picture";
import { decodePng, isPng } from "./png";
import type { ImageRecipe } from "./recipe";
import { resize } from "./resize";

/** Largest image file that is read; a photograph takes a hundredth of it. */
const maximumFileBytes = 256 * 2 ** 20;

const readable = /\.(png|jpe?g)$/i;
const otherImages = /\.(webp|gif|bmp|tiff?|avif|heic|jxl)$/i;

/** Image files to feed, and what the user should know about the choice. */
export interface ImageList {
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * The first `count` images: the file itself, or the PNG and JPEG files of a folder (not of folders in it) in the order of their names.
 * @throws UserError where there is nothing of that name, or a folder holds no PNG or JPEG file.
 */
export async function listImages(path: string, count: number): Promise<ImageList> {
  if (!(await isFolder(path))) return { paths: [path], warnings: [] };
  const names = await listFolder(path);
  const images = names.filter((name) => readable.test(name));
  const others = names.filter((name) => otherImages.test(name)).length;
  if (images.length === 0) throw new UserError(`${path} holds no .png, .jpg or .jpeg file: name a folder with images in one of these formats.`);
  return {
    paths: images.slice(0, count).map((name) => join(path, name)),
    warnings: [
      ...(images.length > count ? [`Only the first ${count} of ${images.length} images of ${path} were fed: raise the number of tokens to feed more.`] : []),
      ...(others > 0 ? [`${others} ${others === 1 ? "image" : "images"} of ${path} are neither PNG nor JPEG and were left out: convert them to feed them.`] : []),
    ],
  };
}

/**
 * Pixel values of an image, [channels * height * width] of the model, channel after channel.
 * @throws UserError where the file is no readable PNG or JPEG, or the recipe does not lead to the size that the model takes.
 */
export async function readImage(path: string, recipe: ImageRecipe, expected: ImageInput): Promise<Float32Array> {
  const decoded = await decodeImage(path);
  checkShape(path, decoded, recipe);
  const picture = fit(inChannels(decoded, expected.channels), recipe);
  if (picture.width !== expected.width || picture.height !== expected.height) {
    throw new UserError(
      `${path} comes out as ${picture.width} x ${picture.height} pixels, but the model takes ${expected.width} x ${expected.height}: resize the image, or correct the model's preprocessor file.`,
    );
  }
  return normalise(picture, recipe);
}

/** Resizing goes by way of the target's width at the picture's height; a hair-thin picture must not grow without bound. */
function checkShape(path: string, picture: Picture, recipe: ImageRecipe): void {
  if (!recipe.resize) return;
  const [width, height] = targetSize(picture, recipe.resize);
  if (width * Math.max(height, picture.height) > maximumPixels) {
    throw new UserError(`${path} is too narrow to be resized (${picture.width} x ${picture.height} pixels): crop it, or take it out.`);
  }
}

/** Resized and cropped. */
function fit(picture: Picture, { resize: size, filter, crop }: ImageRecipe): Picture {
  const resized = size ? resize(picture, ...targetSize(picture, size), filter) : picture;
  return crop ? centerCrop(resized, crop.width, crop.height, crop.halfPixel) : resized;
}

/** The longer edge follows the shorter one, cut down to a whole pixel, as torchvision and Hugging Face have it. */
function targetSize({ width, height }: Picture, size: NonNullable<ImageRecipe["resize"]>): [number, number] {
  if (size.to === "exactly") return [size.width, size.height];
  const longer = (edge: number) => Math.trunc((size.edge * edge) / Math.min(width, height));
  return width <= height ? [size.edge, longer(height)] : [longer(width), size.edge];
}

function normalise({ width, height, channels, data }: Picture, { scale, mean, std }: ImageRecipe): Float32Array {
  const values = new Float32Array(data.length);
  const pixels = width * height;
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      values[channel * pixels + pixel] = (data[pixel * channels + channel]! * scale - mean[channel]!) / std[channel]!;
    }
  }
  return values;
}

function inChannels(picture: Picture, channels: number): Picture {
  if (channels === 1) return toGrey(picture);
  if (channels === 3) return toRgb(picture);
  throw new UserError(`The model takes images of ${channels} channels, and PNG and JPEG give 1 or 3: choose random input.`);
}

async function decodeImage(path: string): Promise<Picture> {
  const size = await fileSize(path);
  if (size > maximumFileBytes) throw new UserError(`${path} has ${size} bytes, and images are read up to ${maximumFileBytes}: give a smaller image.`);
  try {
    const bytes = await readFile(path);
    if (isPng(bytes)) return decodePng(bytes);
    if (isJpeg(bytes)) return decodeJpeg(bytes);
  } catch (error) {
    throw new UserError(`${path} cannot be read as an image (${messageOf(error)}): replace it or take it out.`);
  }
  throw new UserError(`${path} is neither a PNG nor a JPEG image: convert it, or take it out.`);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
