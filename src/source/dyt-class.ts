import type { Framework } from "./norm-site";

/** Names under which a file has what a DyT class needs. */
export interface ModuleNames {
  /** Whether a module is bound to the name: `nn` to torch.nn. */
  readonly nameOf: (module: string) => string | undefined;
  /** Whether something of a package is imported. */
  readonly imports: (packageName: string) => boolean;
}

/** A class DyT and the imports it needs, as lines with one tab a level. */
interface ClassSource {
  readonly imports: readonly string[];
  readonly lines: readonly string[];
}

/** The class DyT of a framework, in the names of a file; parameters are named as the framework names a norm's. */
export function dytClass(framework: Framework, names: ModuleNames): ClassSource {
  if (framework === "torch") return torchClass(names);
  return framework === "flax" ? linenClass(names) : kerasClass(names);
}

const summary = "Dynamic Tanh (arXiv 2503.10622), in the place of a norm layer.";

function torchClass({ nameOf }: ModuleNames): ClassSource {
  const torch = nameOf("torch") ?? "torch";
  const hasNn = nameOf("torch.nn") ?? (nameOf("torch") === undefined ? undefined : `${torch}.nn`);
  const nn = hasNn ?? "nn";
  return {
    imports: [...(nameOf("torch") === undefined ? ["import torch"] : []), ...(hasNn === undefined ? ["from torch import nn"] : [])],
    lines: [
      `class DyT(${nn}.Module):`,
      `\t"""${summary}"""`,
      "",
      "\tdef __init__(self, normalized_shape, alpha_init_value=0.5):",
      "\t\tsuper().__init__()",
      `\t\tself.alpha = ${nn}.Parameter(${torch}.ones(1) * alpha_init_value)`,
      `\t\tself.weight = ${nn}.Parameter(${torch}.ones(normalized_shape))`,
      `\t\tself.bias = ${nn}.Parameter(${torch}.zeros(normalized_shape))`,
      "",
      "\tdef forward(self, x):",
      `\t\treturn self.weight * ${torch}.tanh(self.alpha * x) + self.bias`,
    ],
  };
}

function linenClass({ nameOf }: ModuleNames): ClassSource {
  const has = nameOf("flax.linen") ?? (nameOf("flax") === undefined ? undefined : `${nameOf("flax")!}.linen`);
  const nn = has ?? "nn";
  return {
    imports: has === undefined ? ["import flax.linen as nn"] : [],
    lines: [
      `class DyT(${nn}.Module):`,
      `\t"""${summary}"""`,
      "",
      "\talpha_init_value: float = 0.5",
      "",
      `\t@${nn}.compact`,
      "\tdef __call__(self, x):",
      `\t\talpha = self.param("alpha", ${nn}.initializers.constant(self.alpha_init_value), (1,))`,
      `\t\tscale = self.param("scale", ${nn}.initializers.ones, (x.shape[-1],))`,
      `\t\tbias = self.param("bias", ${nn}.initializers.zeros, (x.shape[-1],))`,
      `\t\treturn scale * ${nn}.tanh(alpha * x) + bias`,
    ],
  };
}

function kerasClass({ nameOf, imports }: ModuleNames): ClassSource {
  const tensorflow = nameOf("tensorflow");
  const has = nameOf("keras") ?? nameOf("tensorflow.keras") ?? (tensorflow === undefined ? undefined : `${tensorflow}.keras`);
  const keras = has ?? "keras";
  const missing = imports("tensorflow") ? "from tensorflow import keras" : "import keras";
  return {
    imports: has === undefined ? [missing] : [],
    lines: [
      `class DyT(${keras}.layers.Layer):`,
      `\t"""${summary}"""`,
      "",
      "\tdef __init__(self, alpha_init_value=0.5, **kwargs):",
      "\t\tsuper().__init__(**kwargs)",
      "\t\tself.alpha_init_value = alpha_init_value",
      "",
      "\tdef build(self, input_shape):",
      `\t\tstart = ${keras}.initializers.Constant(self.alpha_init_value)`,
      '\t\tself.alpha = self.add_weight(name="alpha", shape=(1,), initializer=start)',
      '\t\tself.gamma = self.add_weight(name="gamma", shape=(input_shape[-1],), initializer="ones")',
      '\t\tself.beta = self.add_weight(name="beta", shape=(input_shape[-1],), initializer="zeros")',
      "",
      "\tdef call(self, inputs):",
      `\t\treturn self.gamma * ${keras}.activations.tanh(self.alpha * inputs) + self.beta`,
      "",
      "\tdef get_config(self):",
      '\t\treturn {**super().get_config(), "alpha_init_value": self.alpha_init_value}',
    ],
  };
}
