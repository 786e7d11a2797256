import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { MeasuredLayer } from "../../analysis/measurement";
import type { Measurer } from "./measurer";
import type { MeasurerAnswer, MeasurerCall } from "./messages";

/** A stage has seldom more norms than this. */
const mostThreads = 4;

/** Measures in threads of its own, a layer always in the same one, so that its numbers do not depend on their number. */
export function threadPoolMeasurer(script: string, threads = Math.min(mostThreads, availableParallelism())): Measurer {
  const pool = Array.from({ length: threads }, () => new MeasuringThread(script));
  const threadOf = new Map<string, MeasuringThread>();
  const thread = (name: string): MeasuringThread => {
    const found = threadOf.get(name);
    if (!found) throw new Error(`The norm ${name} was not started.`);
    return found;
  };
  let started = 0;
  return {
    start: (norm, options) => {
      const chosen = pool[started % threads]!;
      started += 1;
      threadOf.set(norm.name, chosen);
      chosen.tell({ type: "start", norm, options });
    },
    add: async (name, block) => {
      const data = block.data.slice();
      await thread(name).ask((id) => ({ type: "add", id, name, block: { ...block, data } }), [data.buffer]);
    },
    finish: async (name) => {
      const measured = await thread(name).ask((id) => ({ type: "finish", id, name }));
      threadOf.delete(name);
      if (!measured) throw new Error(`The norm ${name} was fitted without a result.`);
      return measured;
    },
    close: async () => {
      await Promise.all(pool.map((member) => member.close()));
    },
  };
}

interface Waiting {
  resolve(measured: MeasuredLayer | undefined): void;
  reject(error: Error): void;
}

/** One thread, and the answers that it owes. */
class MeasuringThread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  private failure: Error | undefined;

  constructor(script: string) {
    this.worker = new Worker(script);
    this.worker.on("message", (answer: MeasurerAnswer) => {
      const caller = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if (answer.ok) caller?.resolve(answer.measured);
      else caller?.reject(Object.assign(new Error(answer.message), answer.stack !== undefined && { stack: answer.stack }));
    });
    this.worker.on("error", (error) => {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    });
    this.worker.on("exit", () => {
      this.fail(new Error("A measuring thread ended before it had answered."));
    });
  }

  tell(call: MeasurerCall): void {
    this.worker.postMessage(call);
  }

  ask(call: (id: number) => MeasurerCall, transfer: ArrayBuffer[] = []): Promise<MeasuredLayer | undefined> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = (this.calls += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage(call(id), transfer);
    });
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    for (const caller of this.waiting.values()) caller.reject(error);
    this.waiting.clear();
  }
}
