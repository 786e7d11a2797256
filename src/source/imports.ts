import type { Scope } from "./scope";
import type { SourceReader } from "./source-reader";
import { child, childrenOf, type SyntaxNode } from "./syntax";
import { just } from "./values";

/** `import torch.nn as nn`, `import torch.nn` */
export function readImport(reader: SourceReader, node: SyntaxNode, scope: Scope): void {
  for (const each of childrenOf(node, "name")) {
    const dotted = reader.textOf(child(each, "name") ?? each);
    const alias = child(each, "alias");
    reader.import(dotted);
    const top = dotted.split(".")[0]!;
    if (alias === undefined) scope.bind(top, just({ is: "external", dotted: top }));
    else scope.bind(reader.textOf(alias), just({ is: "external", dotted }));
  }
}

/** `from torch.nn import LayerNorm as LN` */
export function readImportFrom(reader: SourceReader, node: SyntaxNode, scope: Scope): void {
  const from = child(node, "module_name");
  const module = from === undefined ? "" : reader.textOf(from);
  reader.import(module);
  for (const each of childrenOf(node, "name")) {
    const name = reader.textOf(child(each, "name") ?? each);
    scope.bind(reader.textOf(child(each, "alias") ?? each), just({ is: "external", dotted: `${module}.${name}` }));
  }
}
