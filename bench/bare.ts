// A bare onnxruntime run of the same graphs: default options, no taps, no statistics.
import { basename, dirname } from "node:path";
import { onnx } from "onnx-proto";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { recogniseModel } from "../src/engine/architecture/families";
import { openCheckpoint } from "../src/engine/checkpoint/formats";
import { inputNames } from "../src/engine/graph/graph";
import { writeStages } from "../src/engine/forward";

async function main(folder: string, tokens: number): Promise<void> {
  const stages = writeStages(recogniseModel(await openCheckpoint(folder)).architecture.stages);
  const ids = BigInt64Array.from({ length: tokens }, (_, index) => BigInt((index * 7919) % 50257));
  let values: Record<string, Tensor> = { input_ids: new Tensor("int64", ids, [1, tokens]) };
  const seconds = { open: 0, run: 0 };
  for (const { graph } of stages) {
    let start = performance.now();
    const initializer = (graph.model.graph?.initializer ?? []).map((tensor) => {
      const weight = graph.weights.get(tensor.name ?? "");
      if (!weight) return tensor;
      const externalData = Object.entries({ location: basename(weight.file), offset: weight.offset, length: weight.length });
      return { ...tensor, dataLocation: 1, externalData: externalData.map(([key, value]) => ({ key, value: String(value) })) };
    });
    const file = [...graph.weights.values()][0]!.file;
    const model = onnx.ModelProto.encode({ ...graph.model, graph: { ...graph.model.graph, initializer } }).finish();
    const session = await InferenceSession.create(model, { extra: { session: { model_external_initializers_file_folder_path: dirname(file) } } });
    seconds.open += (performance.now() - start) / 1000;
    start = performance.now();
    values = await session.run(Object.fromEntries(inputNames(graph).map((name) => [name, values[name]!])));
    seconds.run += (performance.now() - start) / 1000;
    await session.release();
  }
  process.stdout.write(`${JSON.stringify(seconds)}\n`);
}

void main(process.argv[2]!, Number(process.argv[3]));
