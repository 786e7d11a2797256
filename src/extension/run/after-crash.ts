import type { ConvertRequest } from "../../shared/conversion";
import { sameEngine, type EngineFallback, type EngineName } from "../../shared/engines";
import type { CheckpointRequest, FitRequest } from "../../shared/request";

/** What needs no driver, and so takes over from an engine that took its process down. */
export const safeEngine: EngineName = { runtime: "onnxruntime", device: "cpu" };

/** A run that says what failed before it. */
export type AfterCrash<Request extends CheckpointRequest> = Request & { readonly fallback: EngineFallback };

/**
 * The request with which a run is tried once more, on the processor, after its engine took its process down; undefined where that would change nothing.
 * @param chosen the engine that ran; undefined where none was chosen yet.
 * @param reason how the process ended, for people.
 */
export function afterCrash<Request extends CheckpointRequest>(request: Request | FitRequest, chosen: EngineName | undefined, reason: string): AfterCrash<Request> | undefined {
  if (request.kind === "fit" || chosen === undefined || sameEngine(chosen, safeEngine)) return undefined;
  const { runtime, device } = chosen;
  return { ...request, ...safeEngine, fallback: { runtime, device, reason } };
}

/** The same for a conversion, which runs its model first unless there are values. */
export function conversionAfterCrash(request: ConvertRequest, chosen: EngineName | undefined, reason: string): (ConvertRequest & { readonly analysis: AfterCrash<ConvertRequest["analysis"]> }) | undefined {
  const analysis = afterCrash(request.analysis, chosen, reason);
  return analysis && { ...request, analysis };
}
