import { openOnnxRuntime } from "../../../../src/engine/runtime/onnxruntime";
import type { OnnxDevice } from "../../../../src/engine/runtime/onnxruntime/device";
import type { Session } from "../../../../src/engine/runtime/runtime";
import type { RemoteAnswer, RemoteCall } from "./remote-runtime";

/** What remote-runtime.ts starts: does what it is told, one thing after another. */
const runtime = openOnnxRuntime({}, process.argv[2] as OnnxDevice);
const sessions = new Map<number, Session>();
let last = Promise.resolve();

process.on("message", (call: RemoteCall) => {
  last = last.then(() => answer(call)).then((given) => { process.send!(given); });
});

async function answer(call: RemoteCall): Promise<RemoteAnswer> {
  try {
    if (call.kind === "open") sessions.set(call.session, await runtime.open(call.graph));
    const session = sessions.get(call.session)!;
    if (call.kind === "run") return { values: await session.run(call.feeds, call.fetches) };
    if (call.kind === "close") await session.close();
    return { values: {} };
  } catch (error) {
    return { failure: (error as Error).message };
  }
}
