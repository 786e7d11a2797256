import type { SourcePosition, SourceSpan } from "./norm-site";

/** A node of Python's syntax, as tree-sitter-python names its types and fields; punctuation and operators are no nodes. */
export interface SyntaxNode {
  readonly type: string;
  /** What it is to its parent. */
  readonly field: string | undefined;
  /** First UTF-16 unit of the text. */
  readonly start: number;
  /** First UTF-16 unit after it. */
  readonly end: number;
  readonly children: readonly SyntaxNode[];
}

/** A text and its syntax. */
export interface SourceTree {
  readonly text: string;
  readonly root: SyntaxNode;
  /** Whether part of the text is no Python. */
  readonly hasError: boolean;
}

/** The child that a field names. */
export function child(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find((each) => each.field === field);
}

/** All children that a field names. */
export function childrenOf(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  return node.children.filter((each) => each.field === field);
}

/** Every node under a node, and itself, parents first. */
export function* descendants(node: SyntaxNode): Generator<SyntaxNode> {
  const left = [node];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    yield next;
    for (const each of next.children.toReversed()) left.push(each);
  }
}

/** Offsets in UTF-16 units as lines and columns. */
export class LineMap {
  /** Offset of each line's first unit. */
  private readonly starts: number[] = [0];

  constructor(text: string) {
    for (const { index, 0: end } of text.matchAll(/\r\n|\r|\n/g)) this.starts.push(index + end.length);
  }

  span(start: number, end: number): SourceSpan {
    return { start: this.position(start), end: this.position(end) };
  }

  offset({ line, column }: SourcePosition): number {
    return (this.starts[line] ?? this.starts.at(-1)!) + column;
  }

  private position(offset: number): SourcePosition {
    let [low, high] = [0, this.starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low, column: offset - this.starts[low]! };
  }
}
