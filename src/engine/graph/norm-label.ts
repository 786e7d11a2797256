import { normRoles, type NormRole } from "../../shared/norm";

/** What a norm node says of itself beyond its operator, kept in the node's doc string. */
export function normLabel(role: NormRole, depth: number): string {
  return `role=${role} depth=${depth}`;
}

/** Reads the label back; undefined where the node carries none, as in a graph that NormLens did not write. */
export function readNormLabel(label: string | null | undefined): { role: NormRole; depth: number } | undefined {
  const match = /^role=(\S+) depth=(\d+)$/.exec(label ?? "");
  const role = normRoles.find((known) => known === match?.[1]);
  return role && match ? { role, depth: Number(match[2]) } : undefined;
}
