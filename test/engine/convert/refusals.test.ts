import { existsSync, mkdirSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import type * as FileSystem from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { onnx } from "onnx-proto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { convertCheckpoint } from "../../../src/engine/convert/convert";
import { CancelledError } from "../../../src/shared/errors";
import type { Progress } from "../../../src/shared/progress";
import { refusal, temporaryFile, temporaryFolder } from "../checkpoint/files";
import { context, conversionRefusal, golden, request, storedTensors, valuesFile } from "./conversion";
import { fullDisk } from "../checkpoint/full-disk";

const disk = vi.hoisted(() => ({ fullFromWrite: Infinity }));

/** Creates files as ever, but from a given write of each on, the disk is full. */
vi.mock("node:fs/promises", async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const { openFillingUp } = await import("../checkpoint/full-disk");
  return {
    ...real,
    open: (path: string, flags: string) => (flags !== "wx" || disk.fullFromWrite === Infinity ? real.open(path, flags) : openFillingUp(real.open, path, flags, () => disk.fullFromWrite)),
  };
});

afterEach(() => {
  disk.fullFromWrite = Infinity;
});

const gpt2 = join(golden, "gpt2-hf");
const norm = "transformer.ln_f";

describe("values are refused", () => {
  const refused = async (values: string): Promise<string> => (await conversionRefusal(gpt2, { values })).replace(values, "FILE");

  test("for layers that the model does not have", async () => {
    expect(await refused(await valuesFile({ "h.7.ln_1.alpha": [0.5] }))).toBe(
      'FILE has values for "h.7.ln_1", which is no norm of the model; its norms are "transformer.h.0.ln_1", "transformer.h.0.ln_2", "transformer.h.1.ln_1", "transformer.h.1.ln_2", "transformer.ln_f".',
    );
  });

  test("with another number of channels", async () => {
    const sentence = (part: string): string => `FILE has 3 numbers as ${norm}.${part}, where the norm has 16 channels; give values that were fitted to this model.`;
    for (const part of ["weight", "bias"]) expect(await refused(await valuesFile({ [`${norm}.alpha`]: [0.5], [`${norm}.${part}`]: [1, 2, 3] }))).toBe(sentence(part));
  });

  test.each([0, -0.5, NaN, Infinity])("with an alpha of %d", async (alpha) => {
    expect(await refused(await valuesFile({ [`${norm}.alpha`]: [alpha] }))).toBe(`FILE gives ${norm} the alpha ${alpha}; give a number above 0.`);
  });

  test("with numbers that are not finite, or alphas of several numbers", async () => {
    const weight = Array.from({ length: 16 }, () => NaN);
    expect(await refused(await valuesFile({ [`${norm}.alpha`]: [0.5], [`${norm}.weight`]: weight }))).toBe(`FILE gives ${norm} values that are not finite; make them again.`);
    expect(await refused(await valuesFile({ [`${norm}.alpha`]: [0.5, 0.5] }))).toContain(`FILE gives ${norm} 2 alphas; `);
  });

  test("where there are none, or something else", async () => {
    expect(await refused(await valuesFile({ x: [1] }))).toContain("FILE holds no values for norm layers; ");
    expect(await refused(await temporaryFile("alphas.json", "{}"))).toContain("FILE holds no values for norm layers; ");
    expect(await refused(await temporaryFile("alphas.json", `{"${norm}": "0.5"}`))).toContain(`FILE gives ${norm} no number as its alpha; `);
    expect(await refused(join(await temporaryFolder(), "nothing"))).toBe("Can't read FILE: there is no such file or folder; check the path.");
  });

  test("of another curve, under names that have none for it", async () => {
    const values = await valuesFile({ [`${norm}.alpha`]: [0.5], [`${norm}.shift`]: [0] });
    expect(await conversionRefusal(gpt2, { values, names: "liger" })).toBe(`${values} has erf in the place of tanh, for which liger has no names; ask for the official ones.`);
  });

  test("of a curve that is not known, or with a shift where the curve has none", async () => {
    expect(await refused(await valuesFile({ [`${norm}.alpha`]: [0.5] }, { curve: "sine" }))).toBe('FILE states the curve "sine" in its metadata; give values of one of tanh, erf, isru.');
    expect(await refused(await valuesFile({ [`${norm}.alpha`]: [0.5], [`${norm}.shift`]: [0.5] }, { curve: "isru" }))).toBe(`FILE gives ${norm} a shift, which isru has not; leave it out, or state the curve erf.`);
  });

  test("of erf, for a graph in operators that have none", async () => {
    const graph = join(await temporaryFolder(), "old.onnx");
    const model = onnx.ModelProto.decode(await readFile(join(import.meta.dirname, "../graph/exported/layernorm-traced-9.onnx")));
    model.opsetImport = [onnx.OperatorSetIdProto.create({ domain: "", version: 8 })];
    await writeFile(graph, onnx.ModelProto.encode(model).finish());
    const values = await valuesFile({ "ln_f.alpha": [0.5] }, { curve: "erf" });
    expect(await conversionRefusal(graph, { values })).toBe(`${graph} is in version 8 of ONNX's operators, which has no erf; give values for another curve, or export the model in version 9 or later.`);
  });

  test("of several curves", async () => {
    const values = await valuesFile({ [`${norm}.alpha`]: [0.5], [`${norm}.shift`]: [0], "transformer.h.0.ln_1.alpha": [0.5] });
    expect(await conversionRefusal(gpt2, { values })).toBe(`${values} has layers of several curves (tanh, erf); give values of one.`);
  });
});

describe("a conversion is refused", () => {
  test("into a folder that exists, which stays as it is", async () => {
    const target = await temporaryFolder();
    await writeFile(join(target, "mine"), "");
    expect(await refusal(convertCheckpoint(await request(gpt2, { target }), context))).toBe(`${target} exists already and is no empty folder; name one that is empty or does not exist.`);
    expect(await readdir(target)).toEqual(["mine"]);
  });

  test("into a folder that came to exist while it ran", async () => {
    const asked = await request(gpt2);
    const onProgress = ({ phase }: Progress): void => {
      if (phase === "copy" && !existsSync(asked.target)) mkdirSync(join(asked.target, "mine"), { recursive: true });
    };
    expect(await refusal(convertCheckpoint(asked, { ...context, onProgress }))).toContain("exists already");
    expect(await readdir(dirname(asked.target))).toEqual([basename(asked.target)]);
    expect(await readdir(asked.target)).toEqual(["mine"]);
  });

  test("beside nothing", async () => {
    const target = join(await temporaryFolder(), "no", "folder");
    expect(await refusal(convertCheckpoint(await request(gpt2, { target }), context))).toBe(`Can't write ${target}: there is no such file or folder; check the path.`);
  });

  test("of layers that are not there or can't be replaced, and of none", async () => {
    expect(await conversionRefusal(gpt2, { layers: ["transformer.ln_g"] })).toBe(`${gpt2} has no norm "transformer.ln_g"; "normlens inspect" lists those that it has.`);
    expect(await conversionRefusal(gpt2, { layers: [norm], values: await valuesFile({ "transformer.h.0.ln_1.alpha": [1] }) })).toBe(
      `${gpt2}: ${norm} can't be replaced, since there are no values for it; leave it out of the layers.`,
    );
    expect(await conversionRefusal(gpt2, { roles: ["query"] })).toBe(`${gpt2}: no norm is left to replace (transformer.h.0.ln_1: it was not asked for); ask for others.`);
  });

  test("of a checkpoint that is not there", async () => {
    expect(await conversionRefusal(join(golden, "nothing"), {})).toContain("there is no such file or folder");
  });

  test.skipIf(!existsSync(fullDisk)).each([0, 3])(`on a full disk, which write %i meets${existsSync(fullDisk) ? "" : " (no /dev/full)"}`, async (fullFromWrite) => {
    const before = await storedTensors(gpt2);
    const asked = await request(gpt2);
    disk.fullFromWrite = fullFromWrite;
    const message = await refusal(convertCheckpoint(asked, context));
    disk.fullFromWrite = Infinity;
    expect(message).toBe(`Can't write ${join(asked.target, "model.safetensors")}: the disk is full; free some space or choose another place.`);
    expect(await readdir(dirname(asked.target))).toEqual([]);
    expect(await storedTensors(gpt2)).toEqual(before);
  });
});

test("an empty folder takes a conversion, and stays where that is refused or stopped; a link to one does not", async () => {
  const asked = await request(gpt2, { layers: [norm] });
  await mkdir(asked.target);
  expect(await refusal(convertCheckpoint({ ...asked, layers: ["ln"] }, context))).toContain('has no norm "ln"');
  expect(await readdir(asked.target)).toEqual([]);
  await expect(convertCheckpoint(asked, { ...context, signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
  expect(await readdir(asked.target)).toEqual([]);
  const link = join(dirname(asked.target), "link");
  await symlink(asked.target, link);
  expect(await refusal(convertCheckpoint({ ...asked, target: link }, context))).toContain(`${link} exists already`);
  await convertCheckpoint(asked, context);
  expect(await readdir(asked.target)).toContain("dyt.py");
});

test("stopped at any moment, a conversion from values leaves nothing", async () => {
  const values = await valuesFile({ [`${norm}.alpha`]: [0.5] });
  const whole = new CountedSignal(Infinity);
  await convertCheckpoint(await request(gpt2, { values }), { ...context, signal: whole });
  expect(whole.looks).toBeGreaterThan(30);
  for (let look = 1; look <= whole.looks; look++) {
    const asked = await request(gpt2, { values });
    await expect(convertCheckpoint(asked, { ...context, signal: new CountedSignal(look) })).rejects.toBeInstanceOf(CancelledError);
    expect(await readdir(dirname(asked.target))).toEqual([]);
  }
});

/** Is aborted when it is looked at for the nth time. */
class CountedSignal extends EventTarget implements AbortSignal {
  looks = 0;
  readonly reason = undefined;
  onabort = null;

  constructor(private readonly last: number) {
    super();
  }

  get aborted(): boolean {
    return ++this.looks >= this.last;
  }

  throwIfAborted(): void {
    if (this.aborted) throw new CancelledError();
  }
}

test.each(["open", "fit", "copy"] as const)("stopped while it does %s, a conversion leaves nothing", async (phase) => {
  const asked = await request(gpt2);
  const stop = new AbortController();
  const onProgress = (progress: Progress): void => {
    if (progress.phase === phase) stop.abort();
  };
  await expect(convertCheckpoint(asked, { ...context, signal: stop.signal, onProgress })).rejects.toBeInstanceOf(CancelledError);
  expect(await readdir(dirname(asked.target))).toEqual([]);
});
