import { t } from "@vscode/l10n";
import type { AlphaSuggestion } from "../src/shared/result";

/** Where an alpha for training from scratch comes from, in a word or two. */
export function sourceText(source: AlphaSuggestion["scratchSource"]): string {
  switch (source) {
    case "published":
      return t("published");
    case "interpolated":
      return t("interpolated");
    case "nearest":
      return t("nearest width");
    case "default":
      return t("the paper's default");
  }
}
