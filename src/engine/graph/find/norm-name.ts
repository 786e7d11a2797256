import type { Value } from "../graph";

/** Last part of a parameter's name. */
const parameter = /\.(weight|gamma|scale|gain|kernel|bias|beta|offset|[wgb](_\d+)?)$/i;

/** Names that exporters make up. */
const invented = /^(onnx::|val_|const|tensor|node_|t_|v_?\d|\d+$|_|arg\d|ints_|float_|.*_output_\d+$)/i;

/** Scopes of compilers, which nobody wrote. */
const compilers = /^(jax2tf|p?jit|StatefulPartitionedCall|PartitionedCall)/;

/** Scopes inside a norm. */
const inside = /^(batchnorm|moments|Cast(_\d+)?)$/;

/** The module path of a norm from its parameter's name, "transformer.h.0.ln_1.weight" or "encoder/ln/gamma"; undefined where an exporter has made it up. */
export function parameterName(name: Value | undefined): string | undefined {
  if (name === undefined) return undefined;
  if (name.includes("/")) return scopeName(name);
  if (invented.test(name) || !parameter.test(name)) return undefined;
  return name.replace(parameter, "");
}

/** The module path from the name of a node or value in a scope, "/h.0/ln_1/ReduceMean"; undefined where it is in none. */
export function scopeName(name: string): string | undefined {
  const parts = name.split("/").filter((part) => part !== "" && !compilers.test(part));
  const scope = parts.slice(0, -1);
  while (inside.test(scope.at(-1) ?? "")) scope.pop();
  return scope.length === 0 ? undefined : scope.join(".");
}
