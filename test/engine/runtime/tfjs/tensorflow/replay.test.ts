import util from "node:util";
import { describe, expect, it } from "vitest";
import { findLibtensorflow } from "../../../../../scripts/libtensorflow.mjs";
import { openLibrary } from "../../../../../src/engine/runtime/tfjs/tensorflow/ffi/open";
import { findTensorflow } from "../../../../../src/engine/runtime/tfjs/tensorflow/find";
import { useTensorflow } from "../../../../../src/engine/runtime/tfjs/tensorflow/tensorflow";
import { block } from "./block";
import { expectClose } from "./close";
import { valuesOn } from "./kernels";
import { readTrace, recorded, replayed, writeTrace, type Call } from "./trace";

/** NORMLENS_RECORD=1 writes the trace anew, from a real libtensorflow. */
const records = process.env["NORMLENS_RECORD"] === "1";

/** A call without its values, which differ in their last bits from library to library and from processor to processor. */
function withoutResults(call: Call): object {
  return call.call === "tensorDataSync" ? { ...call, values: call.values.length } : call;
}

describe("the kernels of TensorFlow.js over a recorded libtensorflow", () => {
  it("make a transformer's block out of the calls that the library knows", async () => {
    const trace = readTrace();
    const { binding, remaining } = replayed(trace);
    expect(await useTensorflow({ binding })).toEqual({ device: "tensorflow", version: trace.version });
    expectClose(await valuesOn("tensorflow", block), await valuesOn("cpu", block));
    expect(remaining()).toBe(0);
    expect(binding.getNumOfTensors()).toBe(0);
  });

  it("work where Node has dropped functions that they call", async () => {
    const node = util as unknown as Record<string, unknown>;
    delete node["isNullOrUndefined"];
    delete node["isArray"];
    await useTensorflow({ binding: replayed(readTrace()).binding });
    expectClose(await valuesOn("tensorflow", block), await valuesOn("cpu", block));
  });

  it("notice a call that is not the library's", async () => {
    const trace = readTrace();
    const call = trace.calls.findIndex(({ call }) => call === "executeOp");
    const other = trace.calls.map((one, index) => (index === call ? { ...one, name: "Other" } : one));
    await useTensorflow({ binding: replayed({ ...trace, calls: other }).binding });
    await expect(valuesOn("tensorflow", block)).rejects.toThrow(`Call ${call} is `);
  });

  it("name the GPU that the library computes on", async () => {
    expect(await useTensorflow({ binding: replayed(readTrace()).binding, hardware: "Some GPU" })).toMatchObject({ device: "tensorflow", hardware: "Some GPU" });
  });
});

describe("the record", () => {
  it("is what libtensorflow answers", async ({ skip }) => {
    const libtensorflow = findLibtensorflow();
    if (libtensorflow === undefined) skip("no libtensorflow");
    const [files] = findTensorflow({ libtensorflow });
    if (files.kind === "addon") throw new Error("An addon was found instead of libtensorflow.");
    const { binding, calls } = recorded((await openLibrary(files.core, files.framework, {})).binding);
    await useTensorflow({ binding });
    expectClose(await valuesOn("tensorflow", block), await valuesOn("cpu", block));
    if (records) writeTrace({ version: binding.TF_Version, calls });
    expect(calls.map(withoutResults)).toEqual(readTrace().calls.map(withoutResults));
  });
});
