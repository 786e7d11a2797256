import type { Config } from "./architecture";
import { optionalObject, optionalSize } from "./config";

/** Whether a block's attention is local: `layer_types` says so, or else the family's own rule. */
export function isLocal(config: Config, index: number, otherwise: (index: number) => boolean): boolean {
  const types: unknown = config["layer_types"];
  return Array.isArray(types) ? types[index] === "sliding_attention" : otherwise(index);
}

/** How many positions a block's attention reaches back, itself included: `sliding_window` where it is local; undefined for all of them. */
export function windowOf(config: Config, index: number, otherwise: (index: number) => boolean): number | undefined {
  return isLocal(config, index, otherwise) ? optionalSize(config, "sliding_window") : undefined;
}

/**
 * The configuration of rotary positions for a block of a model that turns local and global ones differently.
 * transformers 5 keeps an object for each under `rope_parameters`; before, `rope_scaling` was for global ones.
 */
export function rotaryConfig(config: Config, local: boolean, usualTheta: number): Config {
  const parameters = optionalObject(config, "rope_parameters");
  const own = parameters && optionalObject(parameters, local ? "sliding_attention" : "full_attention");
  if (parameters) return { ...config, rope_parameters: { rope_theta: usualTheta, ...(own ?? parameters) } };
  return { rope_theta: usualTheta, ...config, ...(local && { rope_scaling: null }) };
}
