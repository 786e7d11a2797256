import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { usePrinting } from "../printing";

/** Tables up to this length are drawn whole. */
const drawnWhole = 100;
/** Rows by which the drawn part moves on. */
const stride = 20;
/** Rows around the first one in sight that are drawn: more than a screen's. */
const ahead = 3 * stride;
/** Rows of the first frame, which is to come soon. */
const firstRows = 32;
/** Pixels of a row until one was measured. */
const usualHeight = 26;

/** The part of a long table that is drawn. */
export interface TableWindow {
  readonly first: number;
  /** The row behind the last. */
  readonly end: number;
  /** Pixels of the rows above and below. */
  readonly above: number;
  readonly below: number;
  /** Scrolls, where need be, so that a row is in sight and drawn. */
  show(row: number): void;
}

/** Draws of a long table only what is in sight and around it: hundreds of rows with their cells would make every change slow. On paper it is whole. */
export function useWindow(count: number, scroller: { readonly current: HTMLElement | null }): TableWindow {
  const [start, setStart] = useState(0);
  const [height, setHeight] = useState(usualHeight);
  const printing = usePrinting();
  const settled = useSettled();
  const whole = printing || count <= drawnWhole;
  useLayoutEffect(() => {
    const row = whole ? null : scroller.current?.querySelector("tbody tr:not(.gap)");
    const measured = row?.getBoundingClientRect().height ?? height;
    if (Math.abs(measured - height) > 0.25) setHeight(measured);
  }, [whole]);
  useEffect(() => {
    const element = scroller.current;
    if (whole || element === null) return;
    const follow = () => { setStart(startAt(element.scrollTop / height)); };
    follow();
    element.addEventListener("scroll", follow, { passive: true });
    return () => { element.removeEventListener("scroll", follow); };
  }, [whole, height]);
  const show = (row: number) => {
    const element = scroller.current;
    if (whole || element === null) return;
    const [top, bottom] = [row * height, (row + 2) * height];
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight - height) element.scrollTop = bottom - element.clientHeight + height;
    setStart(startAt(element.scrollTop / height));
  };
  const first = whole ? 0 : Math.min(start, Math.max(0, count - ahead));
  const most = settled || printing ? stride + ahead : firstRows;
  const end = whole && (settled || printing) ? count : Math.min(count, first + most);
  return { first, end, above: first * height, below: (count - end) * height, show };
}

/** False until the first frame is on the screen. */
function useSettled(): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const frame = requestAnimationFrame(() => { setTimeout(() => { setSettled(true); }); });
    return () => { cancelAnimationFrame(frame); };
  }, []);
  return settled;
}

function startAt(row: number): number {
  return Math.max(0, (Math.floor(row / stride) - 1) * stride);
}
