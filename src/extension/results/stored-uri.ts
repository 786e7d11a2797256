import { Uri } from "vscode";

/** An address that a memento kept; undefined where it is none: another version may have written anything there. */
export function storedUri(kept: unknown): Uri | undefined {
  if (typeof kept !== "string" || kept === "") return undefined;
  try {
    return Uri.parse(kept, true);
  } catch {
    return undefined;
  }
}
