import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Naming } from "../../shared/parameter-names";
import type { ReplacementCurve } from "../../shared/replacement";
import type { Checkpoint } from "../checkpoint/checkpoint";

/** What a converted model's config.json says of it, under "normlens". */
export interface ConversionNote {
  /** Version of NormLens. */
  readonly version: string;
  /** For people. */
  readonly note: string;
  readonly curve: ReplacementCurve;
  readonly names: Naming;
  /** The replaced norms, by name. */
  readonly layers: readonly string[];
}

/**
 * The text of a model's config.json with a note added; the rest stays as it is written, since readers tell 1.0 from 1. Undefined where there is
 * no configuration, or it is Meta's, whose readers take no other fields.
 */
export async function notedConfiguration({ folder, config }: Checkpoint, note: ConversionNote): Promise<string | undefined> {
  if (config === undefined || !["model_type", "architectures", "architecture"].some((field) => field in config)) return undefined;
  const text = await readFile(join(folder, "config.json"), "utf8").catch(() => JSON.stringify(config, undefined, 2));
  const body = text.slice(0, text.lastIndexOf("}")).trimEnd();
  const indented = JSON.stringify(note, undefined, 2).replaceAll("\n", "\n  ");
  return `${body}${body.endsWith("{") ? "" : ","}\n  "normlens": ${indented}\n}\n`;
}
