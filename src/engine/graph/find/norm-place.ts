import type { NormRole } from "../../../shared/norm";

/** Where a norm stands, told by its name. */
export interface NormPlace {
  readonly role: NormRole;
  /** Undefined where the name has no number. */
  readonly block: number | undefined;
}

/** What people call norms by their place; the first that fits holds. `outside` is for names without the number of a block. */
const names: readonly { readonly role: NormRole; readonly path: RegExp; readonly outside?: true }[] = [
  { role: "query", path: /(^|[._])(q|query)_?(layer_?)?norm$|norm_q$/i },
  { role: "key", path: /(^|[._])(k|key)_?(layer_?)?norm$|norm_k$/i },
  { role: "embedding", path: /embed(ding)?s?[._]\w*(norm|ln)|norm_?emb|(^|\.)(norm_pre|ln_pre|pre_layr?norm|patch_norm)$/i },
  { role: "post-attention", path: /attention\.(output\.)?LayerNorm$|(^|\.)(sa_layer_norm|post_(self_)?attn(_layer)?_?norm)$/i },
  { role: "post-ffn", path: /(^|\.)output\.LayerNorm$|(^|\.)(output_layer_norm|full_layer_layer_norm|post_(feedforward|ffn|mlp)_(layer)?_?norm)$/i },
  { role: "attention", path: /(^|\.)(ln_?1|norm_?1|input_(layer_?)?norm|(self_)?att(entio)?n_(layer_?)?norm|layernorm_before|(self_)?attn_layer_norm|ln_attn)$/i },
  { role: "ffn", path: /(^|\.)(ln_?2|norm_?2|post_attention_(layer_?)?norm|(pre_)?(ffn|mlp|feed_?forward)_(layer_?)?norm|layernorm_after|ln_mlp)$/i },
  { role: "ffn", path: /\.\d+\.(.*\.)?final_layer_norm$/i },
  // A gated attention unit is attention and feed-forward in one.
  { role: "attention", path: /(^|[._])gau(_\w+)?\.(\w+\.)*\w*norm(_\d+)?$/i },
  { role: "final", path: /(^|\.)(ln_?f|norm_f|ln_post|ln_final|final_(layer_?)?norm|post_layernorm|fc_norm|norm|layer_?norm)$/i, outside: true },
];

/** In a block that has a norm of this name, that after attention is one of its output, not of the feed-forward part's input. */
const beforeFeedForward = "pre_feedforward_layernorm";

/** The number of a block, and what is in it. */
const inBlock = /(?:^|[._])(\d+)\./;

/** The same in Keras's flat names, "block_0_attention_norm"; TensorFlow adds a number to names that it has had before, "text_encoder_1.block_0_attention_norm_1". */
const inFlatBlock = /(?:^|[._])(?:block|layer)_(\d+)_([a-z].*?)(_\d+)?$/i;

/** Role and block of a norm of this name: "other" where it tells nothing. `others` are the names of all norms of the model: TensorFlow numbers the second of several that are called the same. */
export function normPlace(name: string, others: ReadonlySet<string> = new Set()): NormPlace {
  const flat = inFlatBlock.exec(name);
  if (flat) return { role: flatRole(flat[2]!, flat[3] ?? ""), block: Number(flat[1]) };
  const place = inBlock.test(name) ? name : name.replace(/_(\d+)_/, "_$1.");
  const number = [...others].some((other) => inFlatBlock.test(other)) ? undefined : inBlock.exec(place)?.[1];
  const isFirst = number === undefined && [...others].some((other) => inBlock.test(other) && other !== name && other.replace(/_\d+(?=[._]|$)/g, "") === name);
  const isOfOutput = name.endsWith("post_attention_layernorm") && others.has(name.replace("post_attention_layernorm", beforeFeedForward));
  return { role: isOfOutput ? "post-attention" : roleOf(place, number !== undefined), block: number === undefined ? (isFirst ? 0 : undefined) : Number(number) };
}

/** The role of what a block has, by its name with the number behind it, which may be part of it: "norm_1". */
function flatRole(name: string, number: string): NormRole {
  const [whole, plain] = [name + number, name].map((one) => roleOf(`0.${one}`, true)) as [NormRole, NormRole];
  return whole === "other" ? plain : whole;
}

function roleOf(place: string, isInBlock: boolean): NormRole {
  return names.find(({ path, outside }) => path.test(place) && !(outside && isInBlock))?.role ?? "other";
}
