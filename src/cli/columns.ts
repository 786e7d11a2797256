import Table from "cli-table3";

/** One column of a table whose rows are of type `Row`. */
export interface Column<Row> {
  readonly heading: string;
  readonly align: "left" | "right";
  /** The cell's text, without colour: widths are taken from it. */
  text(row: Row): string;
  /** Colours the text. */
  paint?(text: string, row: Row): string;
  /** Where the table is too wide, columns go in the order of this number, lowest first; absent: never. */
  readonly keep?: number;
  /** Whether the column's text is cut in the middle where nothing else is left to drop. */
  readonly shrinks?: boolean;
}

/** Below this a shortened text says nothing. */
const smallestText = 12;
/** Columns are left out before a shortened path gets narrower. */
const smallestPath = 26;
/** Blanks between columns. */
const gap = 2;
/** From this many rows on, the headings are repeated below, where a reader's screen ends up. */
const longTable = 40;

const noBorders = {
  top: "", "top-mid": "", "top-left": "", "top-right": "",
  bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "",
  left: "", "left-mid": "", mid: "", "mid-mid": "",
  right: "", "right-mid": "", middle: "",
};
const plain = { "padding-left": 0, "padding-right": 0, head: [], border: [] };

/**
 * A table of one line a row, at most `width` characters wide where its columns allow: the least important columns are
 * left out first, then texts are shortened.
 */
export function renderColumns<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
  paintHeading: (text: string) => string,
): string {
  const shown = fittingColumns(columns, rows, width);
  const widths = columnWidths(shown, rows, width);
  const headings = shown.map((column) => paintHeading(column.heading));
  const table = borderless(
    widths.map((columnWidth, index) => (index < widths.length - 1 ? columnWidth + gap : columnWidth)),
    shown.map(({ align }) => align),
  );
  table.push(headings.map((heading, index) => cell(heading, index, shown)));
  for (const row of rows) {
    table.push(
      shown.map((column, index) => {
        const text = shortenPath(column.text(row), widths[index]!);
        return cell(column.paint?.(text, row) ?? text, index, shown);
      }),
    );
  }
  if (rows.length >= longTable) table.push(headings.map((heading, index) => cell(heading, index, shown)));
  return withoutTrailingBlanks(table.toString());
}

/** Pairs of a label and a text that is wrapped beside it, at most `width` characters wide. */
export function renderPairs(
  pairs: readonly { readonly label: string; readonly text: string }[],
  width: number,
  paintLabel: (text: string) => string,
): string {
  if (pairs.length === 0) return "";
  const labelWidth = Math.max(...pairs.map(({ label }) => label.length)) + gap;
  const textWidth = Math.max(smallestText, width - labelWidth);
  const table = borderless([labelWidth, textWidth], ["left", "left"], true);
  for (const { label, text } of pairs) {
    const words = text.split(" ").map((word) => shortenMiddle(word, textWidth));
    table.push([paintLabel(label), words.join(" ")]);
  }
  return withoutTrailingBlanks(table.toString());
}

/** A module path cut to `width` characters: from its block's number on, which tells layers apart, then in the middle of what follows. */
export function shortenPath(path: string, width: number): string {
  const [, number, rest] = /(?:^|\.)(\d+)\.(.*)$/s.exec(path) ?? [];
  if (number === undefined || rest === undefined || Array.from(path).length <= width) return shortenMiddle(path, width);
  const start = `…${number}.`;
  return start.length + 3 > width ? shortenMiddle(path, width) : `${start}${shortenMiddle(rest, width - start.length)}`;
}

/** The text cut to `width` characters, its end kept longer than its start. */
export function shortenMiddle(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  const head = Math.floor((width - 1) / 3);
  const tail = width - 1 - head;
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - tail).join("")}`;
}

function fittingColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): readonly Column<Row>[] {
  if (smallestWidth(columns, rows) <= width) return columns;
  const least = columns.reduce<Column<Row> | undefined>(
    (lowest, column) => (column.keep !== undefined && column.keep < (lowest?.keep ?? Infinity) ? column : lowest),
    undefined,
  );
  if (least === undefined) return columns;
  return fittingColumns(columns.filter((column) => column !== least), rows, width);
}

function smallestWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  const texts = columns.map((column) => {
    const natural = naturalWidth(column, rows);
    return column.shrinks === true ? Math.min(natural, smallestPath) : natural;
  });
  return sum(texts) + gap * (columns.length - 1);
}

function columnWidths<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): readonly number[] {
  const natural = columns.map((column) => naturalWidth(column, rows));
  const excess = sum(natural) + gap * (columns.length - 1) - width;
  const shrinking = columns.filter(({ shrinks }) => shrinks === true).length;
  if (excess <= 0 || shrinking === 0) return natural;
  return natural.map((columnWidth, index) =>
    columns[index]!.shrinks === true ? Math.max(smallestText, columnWidth - Math.ceil(excess / shrinking)) : columnWidth,
  );
}

function naturalWidth<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce((longest, row) => Math.max(longest, Array.from(column.text(row)).length), column.heading.length);
}

function borderless(colWidths: readonly number[], colAligns: readonly ("left" | "right")[], wordWrap = false) {
  return new Table({ chars: noBorders, style: plain, colWidths: [...colWidths], colAligns: [...colAligns], wordWrap });
}

/** The gap stands after the text of every column but the last, right-aligned ones too. */
function cell<Row>(content: string, index: number, columns: readonly Column<Row>[]) {
  return { content, style: { "padding-right": index < columns.length - 1 ? gap : 0 } };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function withoutTrailingBlanks(text: string): string {
  return text.replace(/[ \t]+$/gm, "");
}
