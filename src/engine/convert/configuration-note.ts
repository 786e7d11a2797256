import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Naming } from "../../shared/parameter-names";
import type { ReplacementCurve } from "../../shared/replacement";
import type { Checkpoint } from "../checkpoint/checkpoint";
import { configurationNames } from "../checkpoint/configuration";

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
  const text = await writtenText(folder, config);
  if (text === undefined) return undefined;
  const body = text.slice(0, text.lastIndexOf("}")).trimEnd();
  const indented = JSON.stringify(note, undefined, 2).replaceAll("\n", "\n  ");
  return `${body}${body.endsWith("{") ? "" : ","}\n  "normlens": ${indented}\n}\n`;
}

/** What config.json says, or would say of a configuration that stands among the weights. */
async function writtenText(folder: string, config: Checkpoint["config"]): Promise<string | undefined> {
  const [usual, meta] = await Promise.all(configurationNames.map((name) => readFile(join(folder, name), "utf8").catch(() => undefined)));
  if (usual !== undefined) return usual;
  return config === undefined || meta !== undefined ? undefined : JSON.stringify(config, undefined, 2);
}
