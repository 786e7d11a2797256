import { t } from "@vscode/l10n";

/** What the numbers of the What-if tab mean. Functions, since the user's language is known only when the page starts. */
export const meanings = {
  cost: () => t("How much worse the network with replaced norms does than the original; below 0 it does better."),
  standardError: () => t("Standard error of the cost: how far it may be off, since so little input was measured on."),
  crossEntropy: () => t("Mean of −ln of the probability that the original gives to the token that came, in nats a token."),
  perplexity: () => t("Exponential of the cross-entropy: among how many equally likely tokens the network hesitates, so to speak."),
  kl: () => t("Mean KL divergence of the predictions from the original's, in nats: 0 where they are the same."),
  top1: () => t("Share of predictions whose most probable outcome is the original's."),
  hiddenError: () => t("Size of the difference over size of the original, of what the last layer before the head hands on."),
  alpha: (method: string) => t("Alpha of this layer where all are replaced by the chosen method: {0}.", method),
  atDefault: () => t("Cost of alpha 0.5 with the trained weight and bias, in this layer alone."),
};
