import { normRoles, type NormRole } from "../../shared/norm";

/** The norm that an element-wise layer stands in for. */
export interface ComparedNorm {
  readonly kind: "layernorm" | "rmsnorm";
  readonly eps: number;
}

/** What a norm node says of itself beyond its operator, kept in the node's doc string. */
export function normLabel(role: NormRole, depth: number, against?: ComparedNorm): string {
  return `role=${role} depth=${depth}${against ? ` against=${against.kind} eps=${against.eps}` : ""}`;
}

/** Reads the label back; undefined where the node carries none, as in a graph that NormLens did not write. */
export function readNormLabel(label: string | null | undefined): { role: NormRole; depth: number; against?: ComparedNorm } | undefined {
  const match = /^role=(\S+) depth=(\d+)(?: against=(layernorm|rmsnorm) eps=(\S+))?$/.exec(label ?? "");
  const role = normRoles.find((known) => known === match?.[1]);
  if (!role || !match) return undefined;
  const kind = match[3] === "layernorm" || match[3] === "rmsnorm" ? match[3] : undefined;
  return { role, depth: Number(match[2]), ...(kind !== undefined && { against: { kind, eps: Number(match[4]) } }) };
}
