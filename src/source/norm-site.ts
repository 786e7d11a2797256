import type { NormKind } from "../shared/norm";

/** A place in a document as editors count: lines and columns from 0, columns in UTF-16 units. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** A stretch of a document; `end` is the first place after it. */
export interface SourceSpan {
  readonly start: SourcePosition;
  readonly end: SourcePosition;
}

/** Whose module a norm layer is; it decides which DyT can replace it. */
export type Framework = "torch" | "flax" | "keras";

/**
 * How source names a norm layer:
 * - "constructor": a norm class is called, `nn.LayerNorm(dim)`
 * - "variable": a class that a parameter or variable holds is called, `norm_layer(dim)`
 * - "reference": a norm class is handed on without being called, `norm_layer=nn.LayerNorm`, `partial(nn.LayerNorm, eps=1e-6)`
 * - "functional": a function normalises, `F.layer_norm(x, ...)`
 */
export type SiteForm = "constructor" | "variable" | "reference" | "functional";

/** What an element-wise layer's alpha starts from, as source has it. */
export interface StartAlpha {
  /** As it is written: `0.5`, `config.alpha`. */
  readonly text: string;
  /** The number that is written; absent where it is no plain one. */
  readonly value?: number;
  /** Whether the call does not say it, and the class does. */
  readonly isDefault: boolean;
}

/** One place of Python source where a norm layer is made or named. */
export interface NormSite {
  readonly form: SiteForm;
  readonly framework: Framework;
  /** What it computes; absent where the source does not tell. */
  readonly kind?: NormKind;
  /** The call, or the reference, from its first to its last character. */
  readonly span: SourceSpan;
  /** What is called or named, as it is written: `nn.LayerNorm`. */
  readonly callee: string;
  /** Class in whose body it stands. */
  readonly className?: string;
  /**
   * Module paths of the layer, seen from its class and from every class of the file that contains that one, shortest first:
   * `["ln_1"]`, `["h", "*", "ln_1"]`, `["transformer", "h", "*", "ln_1"]`. A `*` in a segment stands for any text without dots.
   * Empty where the source gives the layer no path.
   */
  readonly paths: readonly (readonly string[])[];
  /** Source text of the argument that says how many channels are normalised: `config.n_embd`. */
  readonly channels?: string;
  /** Of a DyT or its like; absent where neither the call nor the class in the file tells. */
  readonly alpha?: StartAlpha;
}

/** The layers that a site stands for. */
export interface SiteMatch {
  readonly site: NormSite;
  /** Names, in the order of the result; never empty. */
  readonly layers: readonly string[];
  /** Segments of module path that agreed, of the best path: a longer match is surer. */
  readonly segments: number;
}

/** Replaces a stretch of a document by a text; an empty stretch is an insertion. */
export interface SourceEdit {
  readonly span: SourceSpan;
  readonly text: string;
}
