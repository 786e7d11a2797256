import { t } from "@vscode/l10n";
import { formatCount } from "../src/shared/format";

/** A count with its noun: "1 token", "2,048 tokens". */
export function counted(count: number, noun: "block" | "layer" | "sequence" | "token"): string {
  const one = count === 1;
  switch (noun) {
    case "block":
      return one ? t("1 block") : t("{0} blocks", formatCount(count));
    case "layer":
      return one ? t("1 layer") : t("{0} layers", formatCount(count));
    case "sequence":
      return one ? t("1 sequence") : t("{0} sequences", formatCount(count));
    case "token":
      return one ? t("1 token") : t("{0} tokens", formatCount(count));
  }
}
