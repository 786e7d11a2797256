import type { Value } from "../graph";

/** Last part of a parameter's name. */
const parameter = /\.(weight|gamma|scale|gain|kernel|bias|beta|offset|[wgb](_\d+)?)$/i;

/** Names that exporters make up. */
const invented = /^(onnx::|val_|const|tensor|node_|t_|v_?\d|\d+$|_|arg\d|ints_|float_|.*_output_\d+$)/i;

/** Scopes of compilers, which nobody wrote. */
const compilers = /^(jax2tf|p?jit|StatefulPartitionedCall|PartitionedCall|model_?\d*$)/;

/** Scopes inside a norm. */
const inside = /^(batchnorm|moments|Cast(_\d+)?)$/;

/**
 * A name that a person recognises: the module path of a norm, from its parameter's name or else from the scope of its node.
 * Undefined where the exporter has left neither.
 */
export function normName(weight: Value | undefined, node: string): string | undefined {
  return fromParameter(weight) ?? fromScope(weight) ?? fromScope(node);
}

/** "transformer.h.0.ln_1.weight" */
function fromParameter(name: Value | undefined): string | undefined {
  if (name === undefined || invented.test(name) || name.includes("/") || !parameter.test(name)) return undefined;
  return name.replace(parameter, "");
}

/** "/h.0/ln_1/ReduceMean" */
function fromScope(name: string | undefined): string | undefined {
  const parts = (name ?? "").split("/").filter((part) => part !== "" && !compilers.test(part));
  const scope = parts.slice(0, -1);
  while (inside.test(scope.at(-1) ?? "")) scope.pop();
  return scope.length === 0 ? undefined : scope.join(".");
}
