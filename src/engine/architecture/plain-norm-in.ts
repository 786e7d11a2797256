import { elementWiseIn } from "./element-wise-in";
import type { NormIn } from "./norm-in";

/** LayerNorms that have neither gain nor offset, or the element-wise layers that were put in their place. */
export function plainNormsOf(eps: number): NormIn {
  return (names, name, channels, role, depth) => ({ ...(elementWiseIn(names, name, channels) ?? { name: names.prefix + name, channels }), ...{ kind: "layernorm", role, depth, eps } });
}
