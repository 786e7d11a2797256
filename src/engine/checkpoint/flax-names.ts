/** What Flax calls a parameter, and PyTorch's word for it. */
const parameterNames: Readonly<Record<string, string>> = { kernel: "weight", scale: "weight", embedding: "weight" };

/** Collections of a model's state that say nothing of the place of a parameter in it. */
const collections: readonly string[] = ["params"];

/** The name that transformers' PyTorch model has for a parameter of its Flax model: the same modules, other words for the parameters. */
export function nameOfFlaxKeys(keys: readonly string[]): string {
  const path = collections.includes(keys[0] ?? "") ? keys.slice(1) : keys;
  const last = path.at(-1) ?? "";
  return [...path.slice(0, -1), Object.hasOwn(parameterNames, last) ? parameterNames[last]! : last].join(".");
}

/** Whether a parameter is one whose axes stand in JAX's order. */
export function isFlaxKernel(keys: readonly string[]): boolean {
  return keys.at(-1) === "kernel";
}
