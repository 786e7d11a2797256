import { UserError } from "../../shared/errors";
import type { NormSpecification } from "../graph/builder";
import type { Weights } from "./weights";

/** What timm's code fixes for a model, and neither its tensors nor its configuration tell: it follows from the model's name. */
export interface TimmVariant {
  readonly kind: NormSpecification["kind"];
  readonly eps: number;
  readonly act: string;
  readonly heads: number;
}

/** The variant that a name stands for: "vit_base_patch32_clip_quickgelu_224" ...; the usual one where there is none. */
export function timmVariant(architecture: string, width: number): TimmVariant {
  const isAim = architecture.startsWith("aimv2_");
  return {
    kind: isAim ? "rmsnorm" : "layernorm",
    eps: isAim || /^(vit_.*_clip_|beit3_)/.test(architecture) ? 1e-5 : 1e-6,
    act: architecture.includes("quickgelu") ? "quick_gelu" : approximated.test(architecture) ? "gelu_pytorch_tanh" : "gelu",
    heads: headsOf(architecture, width),
  };
}

/** SigLIP 2 as timm has it, where the first SigLIP has no model of that size. */
const approximated = /^vit_((so400m_patch16|giantopt_patch16|base_patch32)_siglip|large_patch16_siglip_(gap_)?512)/;

/** One for each 64 channels, but 16 from "huge" on, with exceptions. */
function headsOf(architecture: string, width: number): number {
  if (architecture.startsWith("aimv2_")) return Math.max(1, Math.round(width / 128));
  const hasSixteen = /_(huge|giant|gigantic|giantopt|so400m)_/.test(architecture) && !/dinov2|giant_patch14_reg1_tipsv2/.test(architecture);
  return hasSixteen || architecture === "vit_base_patch16_gap_224" ? 16 : Math.max(1, Math.round(width / 64));
}

/** Names of models whose positions or order of norms are others than those that are read. */
const otherwise = /_(rope|pe|dinov3|rpn|lingbot|enormous)_|_(dinov3|lingbot)$/;

/** Tensors outside of the blocks that belong to such models. */
const otherParts = /^(rope|shared_rel_pos|patch_embed\.backbone|pos_embed_win|pos_embed_window)(\.|$)/;

/** Tensors of a block that are read. */
const knownParts = /^(norm[12]|attn\.(qkv|[qkv]_proj|[qk]_norm|norm|proj)|mlp\.(fc1|fc2|fc1_g|fc1_x|w12|w3|norm)|ls[12])\.(weight|bias|gamma|beta|alpha|shift|s|pre_tanh_scale)$|^attn\.([qv]_bias|relative_position_bias_table|relative_position_index)$|^gamma_[12]$/;

/**
 * Refuses a model that has more to it than is read, since it would compute something else.
 * @param hasPositions whether its positions are known
 * @throws UserError
 */
export function refuseOtherVariants({ checkpoint, prefix }: Weights, architecture: string, hasPositions: boolean): void {
  const names = [...checkpoint.tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  const unread = names.find((name) => otherParts.test(name)) ?? names.find((name) => name.startsWith("blocks.0.") && !knownParts.test(name.slice("blocks.0.".length)));
  const reason = otherwise.test(architecture) ? `is timm's ${architecture}` : unread !== undefined ? `has a tensor ${unread}` : hasPositions ? undefined : "places its patches in a way that its tensors don't tell";
  if (reason === undefined) return;
  throw new UserError(`${checkpoint.path} ${reason}, which no vision transformer has that NormLens runs; record its norm inputs where it runs, in a capture file (docs/capture.md).`);
}
