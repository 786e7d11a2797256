import { version } from "../../../package.json";
import type { Conversion, ConvertedLayer, KeptNorm, ValuesSource } from "../../shared/conversion";
import { formatCount, formatCounted, formatNumber, formatR2, printable } from "../../shared/format";
import type { ReplacementCurve, ReplacementMethod } from "../../shared/replacement";
import { parameterNames, type Naming } from "../../shared/parameter-names";

/** What the README of a converted folder tells. */
export interface ModelCard extends Omit<Conversion, "files" | "bytes"> {
  /** The checkpoint, as its user named it. */
  readonly checkpoint: string;
  readonly curve: ReplacementCurve;
  readonly names: Naming;
  /** What loads the model: transformers and dyt.py, its user's own code and dyt.py, or whatever runs graphs. */
  readonly loader: "transformers" | "own" | "graph";
}

const layerNames: Readonly<Record<ReplacementCurve, string>> = { tanh: "DyT", erf: "Derf", isru: "ISRU" };
const formulas: Readonly<Record<ReplacementCurve, string>> = {
  tanh: "weight * tanh(alpha * x) + bias",
  erf: "weight * erf(alpha * x + shift) + bias",
  isru: "weight * z / sqrt(1 + z * z) + bias with z = alpha * x",
};

/** Method, data, numbers and how to load the model, as Markdown. */
export function modelCard(card: ModelCard): string {
  const { checkpoint, curve, layers, kept, family } = card;
  return [
    "---",
    "tags:",
    "- dynamic-tanh",
    "- normlens",
    "---",
    "",
    `# ${printable(nameOf(checkpoint))} with ${layerNames[curve]} in the place of its norms`,
    "",
    `${formatCounted(layers.length, "norm layer")} of ${code(checkpoint)} (${family}) ${layers.length === 1 ? "is" : "are"} replaced by ${formulas[curve]}`,
    "([Transformers without Normalization](https://arxiv.org/abs/2503.10622)). The other weights are as they were. This is a start for fine-tuning: errors of the layers add up, so",
    "expect the model to be worse than the original until it has been trained on.",
    "",
    "## How it was made",
    "",
    `NormLens ${version}. ${sourceSentence(card)}`,
    ...(card.loader === "graph" ? [] : [`The parameters are called ${Object.values(namesOf(card)).map((name) => `\`NAME.${name}\``).join(", ")} and are float32; each weight is the complete gain, also in models that store it less 1.`]),
    "",
    "## Load it",
    "",
    ...loading(card),
    "",
    ...card.warnings.flatMap((warning) => [`**Note.** ${printable(warning)}`, ""]),
    ...costTable(card),
    "## Layers",
    "",
    ...layerTable(layers),
    ...keptTable(kept),
    "",
  ].join("\n");
}

function namesOf({ names, curve }: ModelCard): Record<string, string> {
  const { alpha, weight, bias } = parameterNames[names];
  return { alpha, ...(curve === "erf" && { shift: "shift" }), weight, bias };
}

/** Names of methods as a card has them. */
const methodWords: Readonly<Record<ReplacementMethod, string>> = {
  tuned: "layer after layer, then all layers together by gradients, to the predictions of the original",
  "in-order": "layer after layer, each fitted on what the converted layers before it hand over",
  "in-order-robust": "layer after layer, each fitted on what the converted layers before it hand over, without outlying rows",
  "in-order-original": "layer after layer, each fitted to what the norm gave in the original",
  "in-order-erf": "layer after layer, with erf",
  "in-order-isru": "layer after layer, with isru",
  "per-channel": "each layer fitted by itself, with a weight and a bias for every channel",
  pooled: "each layer fitted by itself, with one gain for all channels",
  "inverse-std": "alpha = 1 / std, the trained weight and bias kept",
  default: "alpha = 0.5, the trained weight and bias kept",
  official: "alpha = 0.5, weight 1, bias 0: what the paper's code makes of a trained model",
  own: "values of the user's own",
};

const fittedAlone = "each layer fitted by itself to what the norm gave";

/** What each method costs, where that was measured. */
function costTable({ source }: ModelCard): string[] {
  if (source.kind !== "result" || !source.replacement) return [];
  const { measure, methods, chosen, heldOut, original } = source.replacement;
  const unit = measure === "error" ? "relative error of the last hidden state" : "nats a prediction";
  return [
    "## What it costs",
    "",
    `All norms replaced, on ${formatCounted(heldOut.tokens, "token")} of ${code(heldOut.source)} that nothing was fitted on, measured as ${measure === "kl" ? "KL divergence from the original" : measure} (${unit})` +
      `${original.crossEntropy === undefined ? "" : `; the original's cross-entropy is ${formatNumber(original.crossEntropy, 4)}`}. This checkpoint has the values in bold.`,
    "",
    "| values | cost |",
    "|---|---|",
    ...methods.map(({ method, cost }) => {
      const emphasis = method === chosen ? "**" : "";
      return `| ${emphasis}${methodWords[method]}${emphasis} | ${cost === null ? "infinite" : formatNumber(cost)} |`;
    }),
    "",
  ];
}

function sourceSentence({ source }: ModelCard): string {
  if (source.kind === "file") return `The values are those of ${code(source.path)}; where it has no weight or bias for a layer, the norm's own were kept.`;
  const { source: input, tokens, sequences, seed, skipFirst, sha256 } = source.input;
  const method = methodOf(source);
  return (
    `Each layer's alpha, and a weight and a bias for every channel, come by least squares: ${method}; on ${formatCount(tokens)} tokens in ${formatCounted(sequences, "sequence")} of ${code(input)}` +
    ` (seed ${seed}${skipFirst ? ", without first positions" : ""}, SHA-256 of the input as it was fed ${sha256}).`
  );
}

function methodOf(source: Exclude<ValuesSource, { readonly kind: "file" }>): string {
  if (source.kind === "result") return source.replacement ? methodWords[source.replacement.chosen] : fittedAlone;
  if (source.inOrder === undefined) return fittedAlone;
  const own = Object.keys(source.inOrder.alphas ?? {}).length;
  return own === 0 ? methodWords["in-order"] : `${methodWords["in-order"]}; ${formatCounted(own, "alpha")} of the user's own`;
}

function loading({ names, loader, curve }: ModelCard): string[] {
  if (loader === "graph") return ["The graph takes and gives what the original took and gave, and runs wherever that ran."];
  if (names !== "official") return [`The parameters have the names of ${names}, for models that are built with its DynamicTanh; \`dyt.py\` in this folder reads them too.`];
  const layer = layerNames[curve];
  if (loader === "transformers") return ["With `dyt.py` from this folder beside your code, and transformers:", "", "    import dyt", "", '    model = dyt.load("this-folder")'];
  return [
    "With `dyt.py` from this folder beside your code:",
    "",
    "    import dyt",
    "",
    `    dyt.convert(model, "this-folder"${layer === "DyT" ? "" : `, layer=dyt.${layer}`})    # then load the other tensors as usual`,
  ];
}

function layerTable(layers: readonly ConvertedLayer[]): string[] {
  const r2 = layers.some((layer) => layer.r2 !== undefined);
  return [
    `| layer | role | channels | alpha |${r2 ? " R² |" : ""}`,
    `|---|---|---|---|${r2 ? "---|" : ""}`,
    ...layers.map((layer) => `| ${code(layer.name)} | ${layer.role} | ${formatCount(layer.channels)} | ${formatNumber(layer.alpha, 4)} |${r2 ? ` ${formatR2(layer.r2 ?? NaN)} |` : ""}`),
    ...(r2 ? ["", "R² is the share of the norm's output that the layer explains on that input, each layer for itself."] : []),
  ];
}

function keptTable(kept: readonly KeptNorm[]): string[] {
  if (kept.length === 0) return [];
  return ["", "These norms stayed:", "", "| norm | why |", "|---|---|", ...kept.map(({ name, reason }) => `| ${code(name)} | ${printable(reason)} |`)];
}

/** A name from a file as code in a table. */
function code(text: string): string {
  return `\`${printable(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

function nameOf(path: string): string {
  return path.split(/[\\/]/).filter((part) => part !== "" && part !== "." && part !== "..").at(-1) ?? path;
}
