import { t } from "@vscode/l10n";
import { memo } from "preact/compat";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { LayerResult } from "../../src/shared/result";
import { counted } from "../counted";
import { Name } from "../names";
import { RoleMark } from "../role-mark";
import type { Order } from "../view";
import { columnsFor, nameColumn, type Column } from "./columns";
import { Sparkline } from "./sparkline";
import { useWindow } from "./use-window";

interface LayerTableProps {
  readonly layers: readonly LayerResult[];
  /** Of the result that is compared with, by the index of `layers`; empty where nothing is compared. */
  readonly others: readonly (LayerResult | undefined)[];
  /** What is to be known of the numbers; nothing where undefined. */
  readonly note: string | undefined;
  readonly selected: number;
  readonly select: (index: number) => void;
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly filter: string;
  readonly onFilter: (filter: string) => void;
}

/** Every layer with every number of the drawings; sortable, and filtered by name or role. */
export function LayerTable({ layers, others, note, selected, select, order, onOrder, filter, onFilter }: LayerTableProps) {
  const columns = useMemo(() => columnsFor(layers, others.length > 0), [layers, others]);
  const shown = useMemo(() => sorted(layers, others, columns, order).filter((index) => matches(layers[index], filter)), [layers, others, columns, order, filter]);
  const sortBy = ({ name }: Column) => { onOrder({ column: name, descending: name === order.column && !order.descending }); };
  const scroller = useRef<HTMLDivElement>(null);
  const drawn = useWindow(shown.length, scroller);
  const inWindow = shown.slice(drawn.first, drawn.end);
  // One row is in the order of the keyboard; the arrow keys go on to the others.
  const entry = inWindow.includes(selected) ? selected : inWindow[0];
  const wanted = useRef<number | undefined>(undefined);
  const walk = (event: KeyboardEvent) => {
    const at = shown.indexOf(selected);
    const to = rowAfter(event.key, at, shown.length);
    const index = to === undefined ? undefined : shown[to];
    if (to === undefined || index === undefined) return;
    event.preventDefault();
    wanted.current = index;
    drawn.show(to);
    select(index);
  };
  // The wanted row may be drawn only after the table has scrolled.
  useLayoutEffect(() => {
    const row = wanted.current === undefined ? null : scroller.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current}"] button`);
    if (row == null) return;
    wanted.current = undefined;
    row.focus();
  });
  const heading = (column: Column) => (
    <th key={column.name} scope="col" aria-sort={column.name !== order.column ? "none" : order.descending ? "descending" : "ascending"}>
      <button type="button" data-tip={column.title} onClick={() => { sortBy(column); }}>{column.heading}</button>
    </th>
  );
  return (
    <section class="layers" aria-label={t("Layers")}>
      <header>
        <h2>{t("Layers")}</h2>
        <span class="note" aria-live="polite">{filter === "" ? counted(layers.length, "layer") : t("{0} of {1} layers", shown.length, layers.length)}</span>
        <input type="search" placeholder={t("Filter by name or role")} aria-label={t("Filter layers by name or role")} value={filter} onInput={({ currentTarget }) => { onFilter(currentTarget.value); }} />
      </header>
      {note !== undefined && <p class="why">{note}</p>}
      <div class="scroll" ref={scroller}>
        <table aria-label={t("Layers; the arrow keys go from row to row")} aria-rowcount={shown.length + 1}>
          <thead>
            <tr>
              {heading(nameColumn())}
              <th class="shape" scope="col">{t("shape")}</th>
              {columns.map(heading)}
            </tr>
          </thead>
          <tbody onKeyDown={walk}>
            <Gap height={drawn.above} />
            {inWindow.map((index, place) => {
              const layer = layers[index];
              return layer && <Row key={index} index={index} place={drawn.first + place} layer={layer} other={others[index]} columns={columns} selected={index === selected} entry={index === entry} select={select} />;
            })}
            <Gap height={drawn.below} />
          </tbody>
        </table>
        {shown.length === 0 && <p class="nothing">{t("No layer has “{0}” in its name or role.", filter)}</p>}
      </div>
    </section>
  );
}

/** Stands for rows that are not drawn. */
function Gap({ height }: { readonly height: number }) {
  return height > 0 ? <tr class="gap" aria-hidden="true" style={{ height: `${height}px` }} /> : null;
}

interface RowProps {
  readonly index: number;
  /** Among the shown rows. */
  readonly place: number;
  readonly layer: LayerResult;
  readonly other: LayerResult | undefined;
  readonly columns: readonly Column[];
  readonly selected: boolean;
  /** Whether the keyboard enters the table here. */
  readonly entry: boolean;
  readonly select: (index: number) => void;
}

/** Rows are drawn anew only where they changed: hundreds of them stay put while one is selected. */
const Row = memo(function Row({ index, place, layer, other, columns, selected, entry, select }: RowProps) {
  return (
    <tr data-index={index} aria-rowindex={place + 2} aria-current={selected ? "true" : undefined} onClick={() => { select(index); }}>
      <th scope="row"><button type="button" tabIndex={entry ? 0 : -1}><Name text={layer.name} /></button></th>
      <td class="shape"><Sparkline layer={layer} /></td>
      {columns.map((column) => <td key={column.name}>{column.name === "role" && <RoleMark role={layer.role} />}{column.text(layer, other)}</td>)}
    </tr>
  );
});

/** Rows that a page of the keyboard jumps over. */
const pageOfRows = 10;

/** The row that a key leads to. */
function rowAfter(key: string, at: number, count: number): number | undefined {
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - pageOfRows, PageDown: at + pageOfRows, Home: 0, End: count - 1 }[key];
  return to === undefined ? undefined : Math.min(count - 1, Math.max(0, to));
}

/** Indices of the layers in the chosen order; what is no number comes last either way. */
function sorted(layers: readonly LayerResult[], others: readonly (LayerResult | undefined)[], columns: readonly Column[], order: Order): number[] {
  const column = columns.find(({ name }) => name === order.column) ?? nameColumn();
  const sign = order.descending ? -1 : 1;
  return layers
    .map((layer, index) => ({ index, key: column.key(layer, index, others[index]) }))
    .sort((a, b) => {
      if (typeof a.key === "string" || typeof b.key === "string") return sign * String(a.key).localeCompare(String(b.key));
      const missing = Number(!Number.isFinite(a.key)) - Number(!Number.isFinite(b.key));
      return missing !== 0 ? missing : sign * (a.key - b.key);
    })
    .map(({ index }) => index);
}

function matches(layer: LayerResult | undefined, filter: string): boolean {
  const text = `${layer?.name ?? ""} ${layer?.role ?? ""}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
