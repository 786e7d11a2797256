import type { Graph, Value } from "../graph/graph";
import type { Tensor } from "../tensor";

/** Something that runs graphs. A new runtime is one file that exports this, and one line in runtimes.ts. */
export interface Runtime {
  /** "onnxruntime", "tfjs" ... */
  readonly name: string;
  /** "cpu", "webgpu", "cuda" ... */
  readonly device: string;
  readonly version: string;
  /** Makes a graph ready to run; its weights are held until the session is closed. */
  open(graph: Graph): Promise<Session>;
}

/** A graph that is ready to run. */
export interface Session {
  /**
   * One forward pass.
   * @param feeds a tensor for every graph input.
   * @param fetches graph outputs to hand back.
   */
  run(feeds: Readonly<Record<Value, Tensor>>, fetches: readonly Value[]): Promise<Record<Value, Tensor>>;
  /** Lets go of the weights. */
  close(): Promise<void>;
}
