import type { onnx } from "onnx-proto";

/** Field numbers on the way from a ModelProto to what its nodes say of themselves (onnx.proto; metadata_props came with version 10 of the format). */
const graphField = 7;
const nodeField = 1;
const metadataField = 9;
const keyField = 1;
const valueField = 2;

/** Under this key PyTorch's exporter keeps the module paths that a node stands in, outermost first, and the node's own name last. */
const scopesKey = "pkg.torch.onnx.name_scopes";

/** The nodes of a graph, named by their scopes as older exporters do it ("h.0.ln_1/node_layer_norm") where the exporter keeps these beside the names. */
export function withScopes(nodes: readonly onnx.INodeProto[], model: Uint8Array): onnx.INodeProto[] {
  const scopes = [...fields(model, graphField)].flatMap((graph) => [...fields(graph, nodeField)]).map(scopeOf);
  return nodes.map((node, index) => {
    const scope = scopes[index];
    return scope === undefined || node.name?.includes("/") === true ? node : { ...node, name: `${scope}/${node.name ?? ""}` };
  });
}

/** The innermost module path of a node, given as bytes. */
function scopeOf(node: Uint8Array): string | undefined {
  for (const entry of fields(node, metadataField)) {
    const [key] = fields(entry, keyField);
    const [value] = fields(entry, valueField);
    if (key && value && textOf(key) === scopesKey) return /'([^']*)', '[^']*'\]$/.exec(textOf(value))?.[1] || undefined;
  }
  return undefined;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The contents of each field of this number that is a message or a text. The bytes were decoded before, so they are well-formed. */
function* fields(message: Uint8Array, wanted: number): Generator<Uint8Array> {
  let place = 0;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[place++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (place < message.length) {
    const tag = number();
    const kind = tag % 8;
    if (kind === 0) number();
    else if (kind === 1) place += 8;
    else if (kind === 5) place += 4;
    else {
      const length = number();
      if (kind === 2 && Math.floor(tag / 8) === wanted) yield message.subarray(place, place + length);
      place += length;
    }
  }
}
