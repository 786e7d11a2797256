import { parameterNames, type Naming, type ParameterNames } from "../shared/parameter-names";
import type { ExportFormat } from "./format";
import { safetensors } from "./safetensors";

/** As {@link safetensors}, under the names that x-transformers' DynamicTanh has. */
export const xTransformers = renamed("x-transformers", "the same tensors as x-transformers names them: pre_tanh_scale, gamma, beta");

/** As {@link safetensors}, under the names that LigerDyT has. */
export const liger = renamed("liger", "the same tensors as Liger-Kernel names them: alpha, gamma, beta");

function renamed(name: Exclude<Naming, "official">, description: string): ExportFormat {
  return {
    name,
    extension: `.${name}.safetensors`,
    description,
    needsWeights: true,
    export: (result, extra) => withNames(safetensors.export(result, extra) as Uint8Array, parameterNames[name]),
  };
}

interface Entry {
  readonly shape: readonly number[];
}

/** A safetensors file that the analysis wrote, with the last part of every tensor's name another one. */
function withNames(bytes: Uint8Array, names: ParameterNames): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const { __metadata__: metadata, ...tensors } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, Entry>;
  const entries = Object.entries(tensors).map(([name, entry]) => renamedEntry(name, entry, names));
  const json = new TextEncoder().encode(JSON.stringify({ ...(metadata && { __metadata__: metadata }), ...Object.fromEntries(entries) }));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(start + bytes.length - 8 - length).fill(" ".charCodeAt(0), 8, start);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - 8), true);
  file.set(json, 8);
  file.set(bytes.subarray(8 + length), start);
  return file;
}

function renamedEntry(name: string, entry: Entry, names: ParameterNames): [string, Entry] {
  const dot = name.lastIndexOf(".");
  const [layer, part] = [name.slice(0, dot), name.slice(dot + 1)];
  if (part === "alpha") return [`${layer}.${names.alpha}`, { ...entry, shape: names.alphaShape }];
  return [`${layer}.${part === "weight" ? names.weight : part === "bias" ? names.bias : part}`, entry];
}
