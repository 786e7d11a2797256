/** What a model is that comes as a graph and is of no family, for people; by what stands in a result as its family. */
const graphs: Readonly<Record<string, string>> = { onnx: "ONNX graph", tensorflow: "TensorFlow graph", keras: "Keras model" };

/** "family gpt2", or what kind of graph it is. */
export function formatFamily(family: string): string {
  return Object.hasOwn(graphs, family) ? graphs[family]! : `family ${family}`;
}
