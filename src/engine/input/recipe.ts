import { join } from "node:path";
import { UserError } from "../../shared/errors";
import type { HalfPixel } from "./crop";
import { isJsonObject } from "../checkpoint/json";
import { exists, readJson } from "./files";
import type { ImageInput } from "./input";
import type { ResampleFilter } from "./resize";

/** How a picture becomes pixel values: resized, cropped, then (value * scale - mean) / std for each channel. */
export interface ImageRecipe {
  readonly resize?: { readonly to: "exactly"; readonly width: number; readonly height: number } | { readonly to: "shorter-edge"; readonly edge: number };
  readonly filter: ResampleFilter;
  readonly crop?: { readonly width: number; readonly height: number; readonly halfPixel: HalfPixel };
  /** Factor on the values 0 to 255. */
  readonly scale: number;
  /** One value for each channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

type Json = Readonly<Record<string, unknown>>;

/** Pillow's numbers of its filters, as Hugging Face's processors write them. */
const filtersByNumber: readonly ResampleFilter[] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"];

/** Normalisation of timm's models that state none (timm.data.constants). */
const imageNetMean = [0.485, 0.456, 0.406];
const imageNetStd = [0.229, 0.224, 0.225];

/** Share of the resized edge that timm crops where a model states none (DEFAULT_CROP_PCT). */
const timmCropShare = 0.875;

/** Processors of Hugging Face for which a bare number as size means the shorter edge; for all others it means a square. */
const shorterEdgeProcessors = /^(CLIP|ChineseCLIP|Levit)/;

/**
 * What the checkpoint says about its pictures: Hugging Face's preprocessor_config.json, or `pretrained_cfg` in timm's config.json.
 * Undefined where it says nothing.
 * @throws UserError where it asks for something that is not supported, or for another size than the model takes.
 */
export async function readRecipe(folder: string, expected: ImageInput): Promise<ImageRecipe | undefined> {
  const preprocessor = join(folder, "preprocessor_config.json");
  if (await exists(preprocessor)) {
    const recipe = atOwnSize(huggingFaceRecipe(preprocessor, await readObject(preprocessor), expected), expected);
    checkFinalSize(preprocessor, recipe, expected);
    return recipe;
  }
  const config = join(folder, "config.json");
  if (!(await exists(config))) return undefined;
  const pretrained = (await readObject(config))["pretrained_cfg"];
  return isJsonObject(pretrained) ? timmRecipe(config, pretrained, expected) : undefined;
}

/** What is done where the checkpoint says nothing: the defaults of Hugging Face's ViTImageProcessor at the model's own size. */
export function defaultRecipe({ width, height, channels }: ImageInput): ImageRecipe {
  const half = Array<number>(channels).fill(0.5);
  return { resize: { to: "exactly", width, height }, filter: "bilinear", scale: 1 / 255, mean: half, std: half };
}

/** A crop, or without one an exact resize, settles the size of every picture. */
function checkFinalSize(path: string, { resize, crop }: ImageRecipe, expected: ImageInput): void {
  const size = crop ?? (resize?.to === "exactly" ? resize : undefined);
  if (size === undefined || (size.width === expected.width && size.height === expected.height)) return;
  throw new UserError(
    `${path} makes pictures of ${size.width} x ${size.height} pixels, but the model takes ${expected.width} x ${expected.height}: put the model's own file there.`,
  );
}

/** The same view of every picture at the model's own size, where the model takes pictures of any. */
function atOwnSize(recipe: ImageRecipe, expected: ImageInput): ImageRecipe {
  const { resize, crop } = recipe;
  if (expected.takesAnySize !== true || !crop || resize?.to !== "shorter-edge") return recipe;
  const { width, height } = expected;
  return { ...recipe, resize: { to: "shorter-edge", edge: Math.round((resize.edge * height) / crop.height) }, crop: { ...crop, width, height } };
}

/** Edge from which on ConvNeXt's processor shows whole pictures, squeezed into a square. */
const squeezedFrom = 384;

/** ConvNeXt's way: a share `crop_pct` of the shorter edge is cut out of the middle, or of a large square nothing. */
function cutShare(path: string, config: Json, { width, height }: ImageInput): Pick<ImageRecipe, "resize" | "crop"> {
  if (height >= squeezedFrom) return { resize: { to: "exactly", width, height } };
  const edge = Math.floor(height / numberOr(path, config, "crop_pct", timmCropShare));
  return { resize: { to: "shorter-edge", edge }, crop: { width, height, halfPixel: "down" } };
}

/** Fields that the file leaves out have the defaults of ViTImageProcessor. */
function huggingFaceRecipe(path: string, config: Json, expected: ImageInput): ImageRecipe {
  const fallback = defaultRecipe(expected);
  const isOn = (switchName: string, otherwise: boolean) => (config[switchName] ?? otherwise) === true;
  const resize = isOn("do_resize", true) ? huggingFaceResize(path, config, expected) : undefined;
  const crop = isOn("do_center_crop", false) ? { ...cropSize(path, config, expected), halfPixel: "down" as const } : undefined;
  const normalises = isOn("do_normalize", true);
  return {
    ...(resize && { resize }),
    filter: huggingFaceFilter(path, config["resample"]),
    ...(crop && { crop }),
    ...(config["crop_pct"] !== undefined && isOn("do_resize", true) && cutShare(path, config, expected)),
    scale: isOn("do_rescale", true) ? numberOr(path, config, "rescale_factor", fallback.scale) : 1,
    mean: normalises ? perChannel(path, config, "image_mean", fallback.mean, expected) : Array<number>(expected.channels).fill(0),
    std: normalises ? perChannel(path, config, "image_std", fallback.std, expected) : Array<number>(expected.channels).fill(1),
  };
}

function huggingFaceResize(path: string, config: Json, expected: ImageInput): NonNullable<ImageRecipe["resize"]> {
  const size = config["size"] ?? { height: expected.height, width: expected.width };
  const processor = config["image_processor_type"] ?? config["feature_extractor_type"];
  const isShorterEdge = typeof processor === "string" && shorterEdgeProcessors.test(processor);
  if (isLength(size)) return isShorterEdge ? { to: "shorter-edge", edge: size } : { to: "exactly", width: size, height: size };
  if (isJsonObject(size) && isLength(size["height"]) && isLength(size["width"])) return { to: "exactly", width: size["width"], height: size["height"] };
  if (isJsonObject(size) && isLength(size["shortest_edge"]) && size["longest_edge"] === undefined) return { to: "shorter-edge", edge: size["shortest_edge"] };
  throw unsupported(path, "size", size);
}

function cropSize(path: string, config: Json, expected: ImageInput): { width: number; height: number } {
  const size = config["crop_size"] ?? { height: expected.height, width: expected.width };
  if (isLength(size)) return { width: size, height: size };
  if (isJsonObject(size) && isLength(size["height"]) && isLength(size["width"])) return { width: size["width"], height: size["height"] };
  throw unsupported(path, "crop_size", size);
}

function huggingFaceFilter(path: string, resample: unknown): ResampleFilter {
  if (resample === undefined || resample === null) return "bilinear";
  const filter = typeof resample === "number" ? filtersByNumber[resample] : undefined;
  if (!filter) throw unsupported(path, "resample", resample);
  return filter;
}

/** The evaluation transform of timm (timm.data.transforms_imagenet_eval) for square inputs. */
function timmRecipe(path: string, config: Json, expected: ImageInput): ImageRecipe {
  const { width, height } = expected;
  if (width !== height) throw unsupported(path, "input_size", config["input_size"]);
  const mode = config["crop_mode"] ?? "center";
  if (mode !== "center" && mode !== "squash") throw unsupported(path, "crop_mode", mode);
  const edge = Math.floor(height / numberOr(path, config, "crop_pct", timmCropShare));
  const filter = filtersByNumber.find((name) => name === (config["interpolation"] ?? "bicubic"));
  if (!filter) throw unsupported(path, "interpolation", config["interpolation"]);
  return {
    resize: mode === "squash" ? { to: "exactly", width: edge, height: edge } : { to: "shorter-edge", edge },
    filter,
    crop: { width, height, halfPixel: "even" },
    scale: 1 / 255,
    mean: perChannel(path, config, "mean", imageNetMean, expected),
    std: perChannel(path, config, "std", imageNetStd, expected),
  };
}

/** A list with one number for each channel; one number, or the same one over and over, stands for any number of channels. */
function perChannel(path: string, config: Json, key: string, fallback: readonly number[], { channels }: ImageInput): readonly number[] {
  const value = config[key] ?? fallback;
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const numbers = values.filter((element) => typeof element === "number");
  const isUsable = numbers.length === values.length && numbers.every((number) => number !== 0 || !key.endsWith("std"));
  if (isUsable && new Set(numbers).size === 1) return Array<number>(channels).fill(numbers[0]!);
  if (isUsable && numbers.length === channels) return numbers;
  throw unsupported(path, key, value);
}

function numberOr(path: string, config: Json, key: string, fallback: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== "number" || !(value > 0)) throw unsupported(path, key, value);
  return value;
}

function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

async function readObject(path: string): Promise<Json> {
  const content = await readJson(path);
  if (!isJsonObject(content)) throw new UserError(`${path} is not a JSON object: copy the model's own file there.`);
  return content;
}

function unsupported(path: string, key: string, value: unknown): UserError {
  return new UserError(`${path} has ${key} ${JSON.stringify(value)}, which is not supported for this model: correct the file, or choose random input.`);
}
