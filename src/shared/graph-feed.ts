/** One input of a graph. */
export interface GraphFeed {
  readonly name: string;
  /** What it is fed as; the graph casts that where it computes with another type. */
  readonly type: "float32" | "int64";
  /** Numbers, or names of sizes that vary, which mean the same in all inputs; "" for one without a name. */
  readonly shape: readonly (number | string)[];
  /** Ids run from 0 to this - 1, the number of rows of the table that they look up; absent where they look up none. */
  readonly bound?: number;
}

/** "x: float32 [batch, 512, 24]", and the ids that it may hold. */
export function formatFeed({ name, type, shape, bound }: GraphFeed): string {
  return `${name}: ${type} [${shape.map((size) => (size === "" ? "any" : size)).join(", ")}]${bound === undefined ? "" : `, ids below ${bound}`}`;
}

/** Inputs as the options that feed them: "--input x=FILE.npy (float32 [batch, 512, 24])". */
export function feedOptions(feeds: readonly GraphFeed[]): string {
  return feeds.map((feed) => `--input ${feed.name}=FILE.npy (${formatFeed(feed).slice(feed.name.length + 2)})`).join(" ");
}
