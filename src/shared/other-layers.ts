import { formatCounted } from "./format";
import type { Replacement, ReplacementMethod } from "./replacement";

/** Methods by which the values of a layer do not depend on what else is replaced. */
const fittedAlone: readonly ReplacementMethod[] = ["per-channel", "pooled", "inverse-std", "default", "official"];

/**
 * What to tell of values that stand beside a measured result where other layers are converted than were measured together: a sentence, undefined where they are the same.
 * @param converted names of the layers that are converted
 */
export function otherLayersWarning({ layers, chosen }: Pick<Replacement, "layers" | "chosen">, converted: readonly string[]): string | undefined {
  const measured = new Set(layers.map(({ name }) => name));
  const known = converted.filter((name) => measured.has(name)).length;
  if (known === measured.size && known === converted.length) return undefined;
  const what = `The result has what replacing ${formatCounted(measured.size, "layer")} together costs, and ${known} of them ${known === 1 ? "is" : "are"} replaced here`;
  return fittedAlone.includes(chosen)
    ? `${what}, so its costs are not those of this checkpoint: measure these layers.`
    : `${what}, with values that were fitted for all of them: fit these layers in order by themselves, or measure them.`;
}
