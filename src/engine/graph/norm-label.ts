import { normRoles, type NormRole } from "../../shared/norm";

/** What a norm node says of itself beyond its operator. */
export interface NormLabel {
  readonly role: NormRole;
  readonly depth: number;
  /** What the gain is more than the stored weight: 1 in Gemma, whose weights are 0 where the gain is 1; absent where the two are the same. */
  readonly weightOffset?: number;
}

/** The label as text, for the node's doc string. */
export function normLabel({ role, depth, weightOffset }: NormLabel): string {
  return `role=${role} depth=${depth}${weightOffset === undefined ? "" : ` offset=${weightOffset}`}`;
}

/** Reads the label back; undefined where the node carries none, as in a graph that NormLens did not write. */
export function readNormLabel(label: string | null | undefined): NormLabel | undefined {
  const match = /^role=(\S+) depth=(\d+)(?: offset=(\S+))?$/.exec(label ?? "");
  const role = normRoles.find((known) => known === match?.[1]);
  if (!role || !match) return undefined;
  return { role, depth: Number(match[2]), ...(match[3] !== undefined && { weightOffset: Number(match[3]) }) };
}
