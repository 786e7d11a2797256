import { parameterNames, type Naming } from "../../shared/parameter-names";
import type { TensorToWrite } from "../checkpoint/safetensors-writer";
import type { ReplacedNorm } from "./plan";
import type { MadeTensor } from "./shards";

/** alpha, weight and bias of a layer, and shift where its curve has one, float32 whatever the dtype of the checkpoint: alpha would lose digits in others. */
export function madeTensors({ node, values, tensors }: ReplacedNorm, naming: Naming): MadeTensor[] {
  const { alpha, weight, bias, alphaShape } = parameterNames[naming];
  const channels = [values.gain.length];
  const made: TensorToWrite[] = [
    { name: `${node.name}.${alpha}`, dtype: "F32", shape: alphaShape, data: Float32Array.of(values.alpha) },
    { name: `${node.name}.${weight}`, dtype: "F32", shape: channels, data: values.gain },
    { name: `${node.name}.${bias}`, dtype: "F32", shape: channels, data: values.offset },
    ...(values.curve === "erf" ? [{ name: `${node.name}.shift`, dtype: "F32", shape: [1], data: Float32Array.of(values.shift) } as const] : []),
  ];
  return made.map((tensor) => ({ tensor, beside: tensors[0] }));
}
