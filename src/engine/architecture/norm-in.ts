import type { NormSpecification } from "../graph/builder";
import { elementWiseIn } from "./element-wise-in";
import type { Weights } from "./weights";

/** A norm of the weights under `names`. */
export type NormIn = (names: Weights, name: string, channels: number, role: NormSpecification["role"], depth: number) => NormSpecification;

/**
 * Norms of one kind and eps, or the element-wise layers that were put in their place; gains of norms are `weightOffset` more than their stored weights, where that is
 * stated.
 */
export function normsOf(kind: NormSpecification["kind"], eps: number, weightOffset?: number): NormIn {
  return (names, name, channels, role, depth) => {
    const elementWise = elementWiseIn(names, name, channels);
    if (elementWise) return { ...elementWise, kind, role, depth, eps };
    return { ...names.norm(name, channels), ...{ kind, role, depth, eps }, ...(weightOffset !== undefined && { weightOffset }) };
  };
}
