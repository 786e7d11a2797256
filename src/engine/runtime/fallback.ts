import { CancelledError, messageOf } from "../../shared/errors";
import type { EngineFallback } from "../../shared/engines";
import type { Graph } from "../graph/graph";
import type { Runtime, Session } from "./runtime";

/** A runtime that hands its work over, once, when it fails. */
export interface FallingRuntime extends Runtime {
  /** What failed, once something has. */
  readonly fallback: EngineFallback | undefined;
}

/**
 * The same runtime, which hands its work over to another one when it fails: a graph that can't be opened, or a run that breaks off, is
 * given to the other, and so is everything that follows. Nothing is lost, since a run depends on its feeds alone.
 * @param openOther opens the runtime that takes over; without it nothing does.
 */
export function withFallback(first: Runtime, openOther?: () => Promise<Runtime>): FallingRuntime {
  let current = first;
  let fallback: EngineFallback | undefined;

  async function takeOver(error: unknown): Promise<Runtime> {
    if (error instanceof CancelledError || fallback !== undefined || openOther === undefined) throw error;
    // Where nothing can take over, what failed first is what matters.
    const other = await openOther().catch(() => { throw error; });
    fallback = { runtime: first.name, device: first.device, reason: messageOf(error).split("\n")[0]! };
    current = other;
    return other;
  }

  /** A session of whichever runtime works; `owner` is the one that opened it. */
  async function openSession(graph: Graph): Promise<{ session: Session; owner: Runtime }> {
    const owner = current;
    try {
      return { session: await owner.open(graph), owner };
    } catch (error) {
      const other = owner === current ? await takeOver(error) : current;
      return { session: await other.open(graph), owner: other };
    }
  }

  return {
    get name() { return current.name; },
    get device() { return current.device; },
    get version() { return current.version; },
    get fallback() { return fallback; },
    ...(first.hardware !== undefined && { hardware: first.hardware }),
    open: async (graph) => {
      let { session, owner } = await openSession(graph);
      return {
        run: async (feeds, fetches) => {
          try {
            return await session.run(feeds, fetches);
          } catch (error) {
            if (owner !== first) throw error;
            const other = fallback === undefined ? await takeOver(error) : current;
            // What failed may not be able to close either.
            await session.close().catch(() => undefined);
            session = await other.open(graph);
            owner = other;
            return session.run(feeds, fetches);
          }
        },
        close: () => session.close(),
      };
    },
  };
}
