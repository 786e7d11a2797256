import { expect, test } from "vitest";
import { explained } from "../../../../src/engine/runtime/onnxruntime/failure";

const noRoom = "the GPU has no room for a weight or a value of this model, or takes none of that size";

/** Messages as onnxruntime 1.30 writes them. */
test.each([
  ["WebGPU validation failed. Buffer size (1310720000) exceeds the max buffer size limit (1073741824).\n - While calling [Device].CreateBuffer([BufferDescriptor]).", noRoom],
  ["WebGPU validation failed. [Invalid Buffer (unlabeled)] is invalid due to a previous error.\n - While validating entries[1]", noRoom],
  ["/onnxruntime_src/onnxruntime/core/providers/webgpu/buffer_manager.cc:641 void onnxruntime::webgpu::BufferManager::Download(WGPUBuffer, void*, size_t) const map_async_result.status == wgpu::MapAsyncStatus::Success was false. Failed to download data from buffer. wgpu::MapAsyncStatus value: 3, ", noRoom],
  ["Failed to allocate memory for requested buffer of size 4294967296", noRoom],
  ["/onnxruntime_src/onnxruntime/core/framework/a.cc:12 void onnxruntime::f() x == 1 was false. Something else.\nmore", "Something else."],
  ["Non-zero status code returned while running Cast node.", "Non-zero status code returned while running Cast node."],
])("%# is one sentence about the GPU", (message, sentence) => {
  const error = new Error(message);
  expect(explained(error, "webgpu")).toEqual(new Error(sentence, { cause: error }));
});

/** Messages as onnxruntime 1.30 writes them about graphs. */
test.each([
  ["Failed to allocate memory for requested buffer of size 1", "Failed to allocate memory for requested buffer of size 1"],
  ["Non-zero status code returned while running Loop node. Name:'' Status Message: loop.cc:466 Initialize Loop subgraph input 0 has unknown shape: i", "its node Loop failed: Loop subgraph input 0 has unknown shape: i"],
  ["Non-zero status code returned while running Reshape node. Name:'r' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:47 onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, onnxruntime::TensorShapeVector&, bool) input_shape_size == size was false. The input tensor cannot be reshaped to the requested shape.", "its node \"r\" (Reshape) failed: The input tensor cannot be reshaped to the requested shape."],
  ["/onnxruntime_src/onnxruntime/core/graph/graph.cc:1555 void onnxruntime::Graph::InitializeStateFromModelFileGraphProto() This is an invalid model. Graph output (y) does not exist in the graph.\n", "This is an invalid model. Graph output (y) does not exist in the graph."],
])("%# is one sentence about the graph", (message, sentence) => {
  const error = new Error(message);
  expect(explained(error, "cpu")).toEqual(new Error(sentence, { cause: error }));
});

test("a device that the platform's binary has no code for is named", () => {
  expect(explained(new Error("no available backend found. ERR: [dml] backend not found."), "dml")).toMatchObject({ message: `its binary for ${process.platform}-${process.arch} can't compute on dml` });
});
