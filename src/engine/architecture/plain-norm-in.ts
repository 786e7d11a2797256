import type { NormIn } from "./norm-in";

/** LayerNorms that have neither gain nor offset. */
export function plainNormsOf(eps: number): NormIn {
  return (names, name, channels, role, depth) => ({ name: names.prefix + name, channels, ...{ kind: "layernorm", role, depth, eps } });
}
