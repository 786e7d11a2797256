import type { Intent } from "../shared/intent";
import type { Result } from "../shared/result";

/** What a format may need beside the result; the caller reads it, no format opens a file. */
export interface ExportExtra {
  /** Bytes of the safetensors file that the analysis wrote beside the result: `NAME.alpha`, `NAME.weight`, `NAME.bias`. */
  readonly weights?: Uint8Array;
  /** Path of that file, for messages. */
  readonly weightsPath?: string;
  /** What the alphas are for, where a format holds one alpha a role; "scratch" where absent. */
  readonly intent?: Intent;
}

/** One way of handing a result on. A new format is one file that exports this, and one line in exports.ts. */
export interface ExportFormat {
  /** As `--format` spells it. */
  readonly name: string;
  /** Ending of its files, with the dot. */
  readonly extension: string;
  /** One sentence for help texts and menus. */
  readonly description: string;
  /** Whether `extra` is needed: only then the caller reads it. */
  readonly needsWeights?: true;
  /** @throws UserError where the result, or what stands beside it, does not have what the format needs. */
  export(result: Result, extra?: ExportExtra): string | Uint8Array;
}
