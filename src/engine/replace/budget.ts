import type { BudgetCurve } from "../../shared/replacement";
import type { OnSteps } from "./network";

/** Most points of the curve that are measured before a limit is looked for. */
const mostPoints = 12;

/** Measures what it costs to replace the first `count` layers of an order, for each of some counts; null where the network breaks down. */
export type MeasureCounts = (counts: readonly number[], onSteps: OnSteps) => Promise<readonly (number | null)[]>;

/**
 * The cost of replacing layer after layer, the cheapest first, and how many layers stay under a limit.
 * @param order names of the layers, the cheapest first
 * @param measure runs the network for all counts together
 * @param onSteps told how many counts are measured, of how many at most
 */
export async function budgetCurve(order: readonly string[], limit: number | undefined, measure: MeasureCounts, onSteps: OnSteps = () => undefined): Promise<BudgetCurve> {
  const known = new Map<number, number | null>([[0, 0]]);
  const steps = Math.min(order.length, mostPoints);
  const most = steps + (limit === undefined ? 0 : Math.ceil(Math.log2(Math.max(1, Math.ceil(order.length / Math.max(1, steps))))));
  const look = async (counts: readonly number[]): Promise<void> => {
    const before = known.size - 1;
    const costs = await measure(counts, (done, total) => { onSteps(Math.floor(before + (counts.length * done) / total), most); });
    counts.forEach((count, index) => known.set(count, costs[index]!));
  };
  await look([...new Set(Array.from({ length: steps }, (_, index) => Math.round(((index + 1) * order.length) / steps)))]);
  const points = (): { count: number; cost: number | null }[] => [...known].sort(([a], [b]) => a - b).map(([count, cost]) => ({ count, cost }));
  if (limit === undefined) return { order, points: points() };
  const holds = ({ cost }: { cost: number | null }): boolean => cost !== null && cost <= limit;
  for (;;) {
    const measured = points();
    const last = measured.findLastIndex(holds);
    const [inside, outside] = [measured[last]?.count ?? 0, measured[last + 1]?.count];
    if (outside === undefined || outside - inside < 2) return { order, points: measured, limit, count: inside };
    await look([Math.floor((inside + outside) / 2)]);
  }
}
