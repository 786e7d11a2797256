import type { BudgetCurve } from "../../shared/replacement";

/** Most points of the curve that are measured before a limit is looked for. */
const mostPoints = 12;

/** Measures what it costs to replace the first `count` layers of an order, for each of some counts; null where the network breaks down. */
export type MeasureCounts = (counts: readonly number[]) => Promise<readonly (number | null)[]>;

/**
 * The cost of replacing layer after layer, the cheapest first, and how many layers stay under a limit.
 * @param order names of the layers, the cheapest first
 * @param measure runs the network for all counts together
 */
export async function budgetCurve(order: readonly string[], limit: number | undefined, measure: MeasureCounts): Promise<BudgetCurve> {
  const known = new Map<number, number | null>([[0, 0]]);
  const look = async (counts: readonly number[]): Promise<void> => {
    const costs = await measure(counts);
    counts.forEach((count, index) => known.set(count, costs[index]!));
  };
  const steps = Math.min(order.length, mostPoints);
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
