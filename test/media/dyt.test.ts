import { spawnSync } from "node:child_process";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { replaceCheckpoint } from "../../src/engine/replace/replace-norms";
import { writeResult } from "../../src/engine/result-file";
import { context, convert, golden, request, valuesFile } from "../engine/convert/conversion";
import { temporaryFolder } from "../engine/checkpoint/files";

const folder = join(import.meta.dirname, "dyt");
const media = join(import.meta.dirname, "../../media");

/** The Python that NORMLENS_TEST_PYTHON names, which may have torch; else the one on the path. */
const python = process.env["NORMLENS_TEST_PYTHON"] ?? "python3";
const runPython = (...args: string[]) => spawnSync(python, ["-B", ...args], { encoding: "utf8" });
const hasTorch = runPython("-c", "import torch, safetensors").status === 0;
const hasTransformers = runPython("-c", "import torch, transformers").status === 0;

/** Small checkpoints of transformers, one for each way of having norms. */
const models = ["gpt2-hf", "llama-hf", "gemma-hf", "qwen3-hf", "t5-hf", "bert-hf", "bert-gamma-beta", "albert-hf", "vit-hf", "convnext-hf", "swin-hf"].map((name) => join(golden, name));

describe("media/dyt.py", () => {
  test.skipIf(!hasTorch)(`passes its own tests${hasTorch ? "" : ` (no torch in ${python})`}`, () => {
    const { status, stderr } = runPython(join(folder, "test_dyt.py"));
    expect(stderr).toMatch(/\nOK\n$/);
    expect(status).toBe(0);
  });

  test.skipIf(!hasTransformers)(`loads converted models, which give what a replacement by hand gives${hasTransformers ? "" : ` (no transformers in ${python})`}`, async () => {
    const gpt2 = join(golden, "gpt2-hf");
    const layer = "transformer.h.1.ln_2";
    const [derf, isru] = [await valuesFile({ [`${layer}.alpha`]: [0.7], [`${layer}.shift`]: [0.3] }, { curve: "erf" }), await valuesFile({ [`${layer}.alpha`]: [0.7] }, { curve: "isru" })];
    const fitted = [join(media, "samples/gpt2"), join(media, "samples/vit"), ...models];
    const originals = [...fitted, gpt2, gpt2];
    const converted: string[] = [];
    const layers: number[] = [];
    for (const [index, original] of originals.entries()) {
      const values = [derf, isru][index - fitted.length];
      const { target, layers: replaced } = await convert(original, values === undefined ? {} : { values });
      converted.push(target);
      layers.push(replaced.length);
    }
    const { status, stdout, stderr } = runPython(join(folder, "check_converted.py"), media, ...originals.flatMap((original, index) => [original, converted[index]!]));
    expect(status, stderr).toBe(0);
    const compared = JSON.parse(stdout.split("\n").at(-2)!) as { difference: number; scale: number; layers: number }[];
    for (const [index, one] of compared.entries()) {
      expect(one.layers, originals[index]).toBe(layers[index]);
      expect(one.scale, originals[index]).toBeGreaterThan(1e-2);
      expect(one.difference, originals[index]).toBeLessThan(1e-5 * Math.max(1, one.scale));
    }
  });

  test.skipIf(!hasTransformers)("gives the cross-entropy that replacing its norms was measured to have", async () => {
    const checkpoint = join(golden, "gpt2-hf");
    const folder = await temporaryFolder();
    const [ids, result] = [join(folder, "ids.json"), join(folder, "r.normlens.json")];
    await writeFile(ids, JSON.stringify(Array.from({ length: 6 }, (_, row) => Array.from({ length: 16 }, (_, index) => (row * 389 + index * index * 31) % 29))));
    const analysis = await replaceCheckpoint(
      { ...(await request(checkpoint)).analysis, kind: "replace", heldOut: { kind: "ids", path: ids }, heldOutTokens: 96 },
      context,
    );
    await writeResult(result, analysis);
    const { target, source } = await convert(checkpoint, { values: result });
    const program = `
import sys
sys.path.insert(0, sys.argv[1])
import dyt, json, torch
ids = torch.tensor(json.load(open(sys.argv[3])))
model = dyt.load(sys.argv[2], dtype=torch.float32)
with torch.no_grad():
    print(model(ids, labels=ids).loss.item())
`;
    const { stdout, stderr } = runPython("-c", program, media, target, ids);
    const { methods, chosen } = analysis.result.replacement!;
    const predicted = methods.find(({ method }) => method === chosen)!.scores.crossEntropy!;
    expect(source).toMatchObject({ kind: "result", path: result });
    expect(await readFile(join(target, "README.md"), "utf8")).toContain("## What it costs");
    expect(Math.abs(Number(stdout) - predicted), stderr).toBeLessThan(1e-4);
  });

  test.skipIf(!hasTransformers)("refuses a folder from which a tensor is missing, and warns of one too many", async () => {
    const { target } = await convert(join(golden, "gpt2-hf"));
    const damaged = await temporaryFolder();
    for (const name of ["config.json", "model.safetensors"]) await copyFile(join(target, name), join(damaged, name));
    const program = `
import sys
sys.path.insert(0, sys.argv[1])
import dyt, warnings
from safetensors.torch import load_file, save_file
path = sys.argv[2] + "/model.safetensors"
whole = load_file(path)
for change in (lambda t: t.pop("transformer.wpe.weight"), lambda t: t.update({"transformer.surplus": t["transformer.wpe.weight"].clone()}), lambda t: t.pop("transformer.ln_f.alpha")):
    tensors = dict(whole)
    change(tensors)
    save_file(tensors, path, {"format": "pt"})
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            dyt.load(sys.argv[2])
        print(*(str(warning.message).replace(sys.argv[2], "FOLDER") for warning in caught))
    except ValueError as error:
        print(str(error).replace(sys.argv[2], "FOLDER"))
`;
    const { stdout, stderr } = runPython("-c", program, media, damaged);
    expect(stdout.trim().split("\n"), stderr).toEqual([
      "FOLDER has no transformer.wpe.weight, which GPT2LMHeadModel needs; load the folder as it was written.",
      "GPT2LMHeadModel has no place for transformer.surplus of FOLDER: left out, as transformers does.",
      "FOLDER has no alpha for transformer.ln_f, which was converted; load the folder as it was written.",
    ]);
  });
});
