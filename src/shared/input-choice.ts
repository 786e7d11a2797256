import type { InputChoice } from "./request";
import type { InputDescription } from "./result";

/** How the input of a result is asked for again; undefined for a capture, which was never fed to a model here. */
export function inputChoiceOf({ kind, source, files }: Pick<InputDescription, "kind" | "source" | "files">): InputChoice | undefined {
  if (kind === "capture") return undefined;
  if (files !== undefined) return { kind: "tensors", files };
  if (kind === "random") return { kind };
  return bundled.has(source) ? { kind: "default" } : { kind, path: source };
}

/** Sources that are no paths. */
const bundled: ReadonlySet<string> = new Set(["bundled text", "bundled images"]);
