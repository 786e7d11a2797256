import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect } from "vitest";
import type { RunContext } from "../../../src/engine/analyze";
import { openCheckpoint } from "../../../src/engine/checkpoint/formats";
import { writeSafetensors } from "../../../src/engine/checkpoint/safetensors-writer";
import { readBytes, readTensor } from "../../../src/engine/checkpoint/tensor-data";
import { convertCheckpoint } from "../../../src/engine/convert/convert";
import { localMeasurer } from "../../../src/engine/measurer/local-measurer";
import type { Conversion, ConvertRequest } from "../../../src/shared/conversion";
import { refusal, temporaryFolder } from "../checkpoint/files";
import { localProver } from "../runtime/local-prover";

/** Checkpoints of every family. */
export const golden = join(import.meta.dirname, "../architecture/golden");

export const context: RunContext = { onProgress: () => undefined, signal: new AbortController().signal, measurer: localMeasurer(), prover: localProver };

/** Asks for the conversion of a checkpoint into a folder that does not exist yet. */
export async function request(checkpoint: string, more: Partial<ConvertRequest> = {}): Promise<ConvertRequest> {
  return {
    analysis: { kind: "analyze", checkpoint, input: { kind: "random" }, maxTokens: 256, skipFirst: false, seed: 0, runtime: "onnxruntime", device: "cpu" },
    target: join(await temporaryFolder(), "converted"),
    names: "official",
    ...more,
  };
}

export async function convert(checkpoint: string, more: Partial<ConvertRequest> = {}): Promise<Conversion> {
  return convertCheckpoint(await request(checkpoint, more), context);
}

/** The sentence with which a conversion is refused; nothing may be left where its folder would stand. */
export async function conversionRefusal(checkpoint: string, more: Partial<ConvertRequest>): Promise<string> {
  const asked = await request(checkpoint, more);
  const message = await refusal(convertCheckpoint(asked, context));
  const beside = await readdir(dirname(asked.target));
  expect(beside.filter((name) => name.startsWith(".") || name === basename(asked.target))).toEqual([]);
  return message;
}

/** A safetensors file of values: each number or list of numbers is one tensor. */
export async function valuesFile(values: Readonly<Record<string, readonly number[]>>, metadata: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(await temporaryFolder(), "values.safetensors");
  await writeSafetensors(path, Object.entries(values).map(([name, numbers]) => ({ name, dtype: "F32", shape: [numbers.length], data: Float32Array.from(numbers) })), metadata);
  return path;
}

/** Every tensor of a checkpoint, as it is stored. */
export async function storedTensors(path: string): Promise<Map<string, { dtype: string; shape: readonly number[]; bytes: Buffer }>> {
  const { tensors } = await openCheckpoint(path);
  return new Map(await Promise.all([...tensors.values()].map(async (tensor) => [tensor.name, { dtype: tensor.dtype, shape: tensor.shape, bytes: Buffer.from(await readBytes(tensor)) }] as const)));
}

/** The numbers of one tensor. */
export async function numbers(path: string, name: string): Promise<number[]> {
  const { tensors } = await openCheckpoint(path);
  return Array.from(await readTensor(tensors.get(name)!));
}
