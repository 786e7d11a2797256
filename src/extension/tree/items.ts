import { Uri } from "vscode";
import type { NormRole } from "../../shared/norm";
import type { LayerResult, Result } from "../../shared/result";
import type { KnownResult } from "../results/result-store";

/** A line of the results view. */
export type Item = ResultItem | RoleItem | LayerItem | ProblemItem;

export interface ResultItem extends KnownResult {
  readonly kind: "result";
}

/** The layers of one role. */
export interface RoleItem {
  readonly kind: "role";
  readonly uri: Uri;
  readonly role: NormRole;
  readonly result: Result;
}

export interface LayerItem {
  readonly kind: "layer";
  readonly uri: Uri;
  readonly layer: LayerResult;
}

/** A result that can't be read. */
export interface ProblemItem {
  readonly kind: "problem";
  readonly message: string;
}

/** Whether a command was called on a result of the view. */
export function isResultItem(given: unknown): given is ResultItem {
  return hasKind(given, "result") && "uri" in given && given.uri instanceof Uri;
}

/** The result that a command was called on: by its address, or on a line of the view. */
export function uriOfResult(given: unknown): Uri | undefined {
  if (given instanceof Uri) return given;
  return isResultItem(given) || isLayerItem(given) ? given.uri : undefined;
}

/** Whether a command was called on a layer of the view. */
export function isLayerItem(given: unknown): given is LayerItem {
  return hasKind(given, "layer") && "uri" in given && given.uri instanceof Uri && "layer" in given && typeof given.layer === "object" && given.layer !== null && "name" in given.layer;
}

function hasKind(given: unknown, kind: Item["kind"]): given is object {
  return typeof given === "object" && given !== null && "kind" in given && given.kind === kind;
}
