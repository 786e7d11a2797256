import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { centerCrop } from "../../../src/engine/input/crop";
import { listImages, readImage } from "../../../src/engine/input/images";
import type { ImageInput } from "../../../src/engine/input/input";
import { defaultRecipe, readRecipe } from "../../../src/engine/input/recipe";
import { UserError } from "../../../src/shared/errors";
import { folderWith } from "./folder";
import { bytesOf, difference, golden, type Pixels } from "./golden";

interface Processed {
  readonly file: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly shape: readonly [number, number, number];
  readonly values: string;
}

const { files } = golden("pictures.json") as { files: Readonly<Record<string, { file: string; rgb: Pixels }>> };
const processed = golden("processed.json") as Readonly<Record<string, Processed>>;
const rgb = bytesOf(files["RGB"]!.file);
const square: ImageInput = { modality: "images", channels: 3, height: 16, width: 16, tokensPerImage: 5 };

describe("preprocessing", () => {
  test.each(Object.keys(processed))("%s: pixel values equal the library's", async (name) => {
    const { file, config, shape, values } = processed[name]!;
    const [channels, height, width] = shape;
    const expected = { ...square, channels, height, width };
    const folder = folderWith({ [file]: config, "picture.png": rgb });
    const recipe = await readRecipe(folder, expected);
    const ours = await readImage(join(folder, "picture.png"), recipe!, expected);
    const theirs = new Float32Array(bytesOf(values).buffer);
    expect(difference(ours, theirs).largest).toBeLessThan(1e-6);
  });

  test("without a word from the checkpoint there is no recipe", async () => {
    expect(await readRecipe(folderWith({}), square)).toBeUndefined();
    expect(await readRecipe(folderWith({ "config.json": { model_type: "vit" } }), square)).toBeUndefined();
  });

  test("a model that takes any size sees at its own size what its preprocessor cuts out", async () => {
    const config = { size: { shortest_edge: 256 }, do_center_crop: true, crop_size: { height: 224, width: 224 }, image_processor_type: "BitImageProcessor" };
    const recipe = (takesAnySize?: true) => readRecipe(folderWith({ "preprocessor_config.json": config }), { ...square, height: 518, width: 518, ...(takesAnySize && { takesAnySize }) });
    expect(await recipe(true)).toMatchObject({ resize: { to: "shorter-edge", edge: 592 }, crop: { height: 518, width: 518 } });
    await expect(recipe()).rejects.toThrow("makes pictures of 224 x 224 pixels, but the model takes 518 x 518");
  });

  test("ConvNeXt's share of the shorter edge is cut out, and a large square shows all", async () => {
    const recipe = (edge: number) => readRecipe(folderWith({ "preprocessor_config.json": { crop_pct: 0.875, size: { shortest_edge: edge } } }), { ...square, height: edge, width: edge });
    expect(await recipe(224)).toMatchObject({ resize: { to: "shorter-edge", edge: 256 }, crop: { height: 224, width: 224 } });
    const large = (await recipe(384))!;
    expect([large.resize, large.crop]).toEqual([{ to: "exactly", width: 384, height: 384 }, undefined]);
  });

  test("a model of one channel sees luminance", async () => {
    const grey = { ...square, channels: 1, height: 24, width: 32 };
    const folder = folderWith({ "picture.png": rgb });
    const values = await readImage(join(folder, "picture.png"), defaultRecipe(grey), grey);
    const { grey: theirs } = golden("pictures.json") as { grey: Pixels };
    expect(values.length).toBe(24 * 32);
    expect(difference(values, Float32Array.from(bytesOf(theirs.data), (value) => value / 127.5 - 1)).largest).toBeLessThan(1e-6);
  });

  test("a bare number as size is a square, and CLIP's shorter edge", async () => {
    const config = { size: 16, do_center_crop: true, crop_size: 16 };
    const recipe = (type: string) => readRecipe(folderWith({ "preprocessor_config.json": { ...config, feature_extractor_type: type } }), square);
    expect((await recipe("ViTFeatureExtractor"))!.resize).toEqual({ to: "exactly", width: 16, height: 16 });
    expect((await recipe("CLIPFeatureExtractor"))!.resize).toEqual({ to: "shorter-edge", edge: 16 });
  });

  test("one mean, or the same over and over, serves any number of channels", async () => {
    const mean = async (image_mean: unknown, channels: number) =>
      (await readRecipe(folderWith({ "preprocessor_config.json": { image_mean } }), { ...square, channels }))!.mean;
    expect(await mean(0.4, 3)).toEqual([0.4, 0.4, 0.4]);
    expect(await mean([0.4, 0.4, 0.4], 1)).toEqual([0.4]);
    expect(await mean([0.4, 0.5, 0.6], 3)).toEqual([0.4, 0.5, 0.6]);
  });

  test.each([
    ["preprocessor_config.json", { size: { longest_edge: 16 } }, "size"],
    ["preprocessor_config.json", { size: { height: 8, width: 8 } }, "8 x 8 pixels, but the model takes 16 x 16"],
    ["preprocessor_config.json", { resample: 9 }, "resample"],
    ["preprocessor_config.json", { image_std: [1, 1, 0] }, "image_std"],
    ["preprocessor_config.json", { image_mean: [0.5, 0.4] }, "image_mean"],
    ["preprocessor_config.json", { image_mean: ["0.5"] }, "image_mean"],
    ["preprocessor_config.json", { image_mean: [] }, "image_mean"],
    ["preprocessor_config.json", { rescale_factor: "1/255" }, "rescale_factor"],
    ["preprocessor_config.json", [], "not a JSON object"],
    ["config.json", { pretrained_cfg: { crop_mode: "border" } }, "crop_mode"],
    ["config.json", { pretrained_cfg: { interpolation: "random" } }, "interpolation"],
  ])("%s with %j is refused", async (file, content, reason) => {
    const reading = readRecipe(folderWith({ [file]: content }), square);
    await expect(reading).rejects.toThrow(UserError);
    await expect(reading).rejects.toThrow(file);
    await expect(reading).rejects.toThrow(reason);
  });
});

describe("cropping", () => {
  const strip = { width: 7, height: 1, channels: 1 as const, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7) };

  test.each([
    [3, "down", [3, 4, 5]],
    [4, "down", [2, 3, 4, 5]],
    [4, "even", [3, 4, 5, 6]],
    [2, "even", [3, 4]],
    [10, "down", [0, 0, 1, 2, 3, 4, 5, 6, 7, 0]],
  ] as const)("to %i, half a pixel %s", (width, halfPixel, expected) => {
    expect([...centerCrop(strip, width, 1, halfPixel).data]).toEqual(expected);
  });
});

describe("listing", () => {
  test("takes PNG and JPEG files in the order of their names, not those of folders inside", async () => {
    const folder = folderWith({ "b.JPG": "", "a.png": "", "C.jpeg": "", "notes.txt": "" });
    mkdirSync(join(folder, "inner"));
    expect(await listImages(folder, 10)).toEqual({ paths: ["C.jpeg", "a.png", "b.JPG"].map((name) => join(folder, name)), warnings: [] });
  });

  test("tells what is left out", async () => {
    const folder = folderWith({ "a.png": "", "b.png": "", "c.webp": "" });
    const { paths, warnings } = await listImages(folder, 1);
    expect(paths).toEqual([join(folder, "a.png")]);
    expect(warnings.join(" ")).toMatch(/first 1 of 2 images.*1 image of .* neither PNG nor JPEG/);
  });

  test("a folder without images is refused", async () => {
    await expect(listImages(folderWith({ "a.webp": "" }), 1)).rejects.toThrow("holds no .png");
  });
});

describe("images that cannot be fed are refused by name", () => {
  const read = async (content: string | Uint8Array, recipe = defaultRecipe(square), expected = square) => {
    const folder = folderWith({ "picture.png": content });
    return readImage(join(folder, "picture.png"), recipe, expected);
  };

  test.each([
    ["no image", "words", "neither a PNG nor a JPEG"],
    ["an empty file", "", "neither a PNG nor a JPEG"],
    ["a PNG cut short", rgb.subarray(0, 200), "cannot be read as an image"],
    ["a JPEG cut short", bytesOf(files["JPEG grey"]!.file).subarray(0, 100), "cannot be read as an image"],
  ])("%s", async (_, content, reason) => {
    await expect(read(content)).rejects.toThrow(UserError);
    await expect(read(content)).rejects.toThrow("picture.png");
    await expect(read(content)).rejects.toThrow(reason);
  });

  test("one that comes out in another size", async () => {
    const recipe = { filter: "bilinear" as const, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
    await expect(read(rgb, recipe)).rejects.toThrow("32 x 24 pixels, but the model takes 16 x 16");
  });

  test("one too narrow to be resized", async () => {
    const recipe = { ...defaultRecipe(square), resize: { to: "shorter-edge" as const, edge: 100_000 } };
    await expect(read(rgb, recipe)).rejects.toThrow("too narrow");
  });

  test("a model of two channels", async () => {
    await expect(read(rgb, defaultRecipe(square), { ...square, channels: 2 })).rejects.toThrow("2 channels");
  });

  test("a missing one", async () => {
    await expect(readImage(join(folderWith({}), "none.png"), defaultRecipe(square), square)).rejects.toThrow("none.png does not exist");
  });
});
