import type { ComponentChildren } from "preact";
import { Explained } from "../term";
import type { CostColumn } from "./cost-columns";

interface CostTableProps<Row> {
  readonly label: string;
  /** Heading of the first column. */
  readonly heading: string;
  readonly rows: readonly Row[];
  readonly columns: readonly CostColumn<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly name: (row: Row) => ComponentChildren;
  /** Whether a row is set in bold. */
  readonly isChosen?: (row: Row) => boolean;
}

/** A table of costs: a name, and its numbers. */
export function CostTable<Row>({ label, heading, rows, columns, keyOf, name, isChosen = () => false }: CostTableProps<Row>) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="costs">
        <thead>
          <tr>
            <th scope="col">{heading}</th>
            {columns.map((column) => <th key={column.heading} scope="col"><Explained text={column.heading} meaning={column.meaning} /></th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={isChosen(row) ? "chosen" : ""}>
              <th scope="row">{name(row)}</th>
              {columns.map((column) => <td key={column.heading}>{column.text(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
