import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { build } from "esbuild";
import type { Graph, Value } from "../../../../src/engine/graph/graph";
import type { OnnxDevice } from "../../../../src/engine/runtime/onnxruntime/device";
import type { Runtime } from "../../../../src/engine/runtime/runtime";
import type { Tensor } from "../../../../src/engine/tensor";

type Values = Readonly<Record<Value, Tensor>>;

/** What the other process is asked for; sessions are numbered by who asks. */
export type RemoteCall = { readonly session: number } & (
  | { readonly kind: "open"; readonly graph: Graph }
  | { readonly kind: "run"; readonly feeds: Values; readonly fetches: readonly Value[] }
  | { readonly kind: "close" }
);

/** What it answers, in the order in which it was asked. */
export type RemoteAnswer = { readonly values: Record<Value, Tensor> } | { readonly failure: string };

/** onnxruntime in a process of its own. */
export interface RemoteRuntime extends Runtime {
  stop(): void;
}

const root = join(import.meta.dirname, "../../../..");
const program = join(root, "dist-test/engine/runtime/onnxruntime/remote-program.cjs");

/** Starts onnxruntime in another environment: where Vulkan lies must be known before a process starts. */
export async function startRemoteRuntime(device: OnnxDevice, env: Readonly<Record<string, string>>): Promise<RemoteRuntime> {
  await build({ entryPoints: [join(import.meta.dirname, "remote-program.ts")], outfile: program, bundle: true, external: ["onnxruntime-node"], platform: "node", format: "cjs", logLevel: "warning" });
  // What a Vulkan loader says to the terminal is no part of a test.
  const child = fork(program, [device], { serialization: "advanced", execArgv: [], stdio: ["ignore", "inherit", "ignore", "ipc"], env: { ...process.env, ...env } });
  let sessions = 0;
  return {
    name: "onnxruntime",
    device,
    version: "remote",
    open: async (graph) => {
      const session = sessions++;
      await ask(child, { session, kind: "open", graph });
      return {
        run: (feeds, fetches) => ask(child, { session, kind: "run", feeds, fetches }),
        close: async () => { await ask(child, { session, kind: "close" }); },
      };
    },
    stop: () => { child.kill("SIGKILL"); },
  };
}

async function ask(child: ChildProcess, call: RemoteCall): Promise<Record<Value, Tensor>> {
  child.send(call);
  const end = new AbortController();
  const ended = once(child, "exit", { signal: end.signal }).then(([code, signal]) => { throw new Error(`The process of onnxruntime ended with ${String(code ?? signal)}.`); });
  try {
    const [answer] = (await Promise.race([once(child, "message"), ended])) as [RemoteAnswer];
    if ("failure" in answer) throw new Error(answer.failure);
    return answer.values;
  } finally {
    ended.catch(() => undefined);
    end.abort();
  }
}
