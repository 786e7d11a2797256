import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { contextConfig } from "../../../../../../src/engine/runtime/tfjs/tensorflow/ffi/devices";

it("asks for memory as it is needed, for threads and for a GPU, in protobuf", () => {
  // gpu_options (6) { allow_growth (4): true }
  expect([...contextConfig({})]).toEqual([0x32, 2, 0x20, 1]);
  // intra_op_parallelism_threads (2)
  expect([...contextConfig({ threads: 1 })]).toEqual([0x10, 1, 0x32, 2, 0x20, 1]);
  expect(contextConfig({ threads: 1000 })).toEqual(contextConfig({ threads: availableParallelism() }));
  // visible_device_list (5) in gpu_options
  expect([...contextConfig({ gpu: 12 })]).toEqual([0x32, 6, 0x20, 1, 0x2a, 2, 0x31, 0x32]);
});
