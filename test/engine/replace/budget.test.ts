import { expect, test } from "vitest";
import { budgetCurve } from "../../../src/engine/replace/budget";

const order = Array.from({ length: 40 }, (_, index) => `layer ${index}`);
/** Costs 0.1 a layer. */
const linear = (counts: readonly number[]): Promise<number[]> => Promise.resolve(counts.map((count) => count / 10));

test("the curve begins at nothing and ends at everything", async () => {
  const { points, limit } = await budgetCurve(order, undefined, linear);
  expect(points[0]).toEqual({ count: 0, cost: 0 });
  expect(points.at(-1)).toEqual({ count: 40, cost: 4 });
  expect(points).toHaveLength(13);
  expect(limit).toBeUndefined();
});

test.each([[0, 0], [0.04, 0], [0.1, 1], [1.75, 17], [3.99, 39], [4, 40], [99, 40]])("for at most %f, %i layers", async (limit, count) => {
  expect(await budgetCurve(order, limit, linear)).toMatchObject({ limit, count });
});

test("what breaks down is over any limit", async () => {
  const breaking = (counts: readonly number[]): Promise<(number | null)[]> => Promise.resolve(counts.map((count) => (count > 7 ? null : 0)));
  expect((await budgetCurve(order, 5, breaking)).count).toBe(7);
});

test("few layers are all measured once", async () => {
  const asked: number[] = [];
  await budgetCurve(["a", "b", "c"], 0.15, (counts) => { asked.push(...counts); return linear(counts); });
  expect(asked.sort()).toEqual([1, 2, 3]);
});

test.each([[40, undefined], [40, 1.75], [13, 0.5], [3, 0.15], [1, 0]])("progress of %i layers with the limit %s rises to one total", async (count, limit) => {
  const told: [number, number][] = [];
  await budgetCurve(order.slice(0, count), limit, (counts, onSteps) => {
    for (const done of [0, 1, 2]) onSteps(done, 2);
    return linear(counts);
  }, (done, total) => told.push([done, total]));
  expect(new Set(told.map(([, total]) => total)).size).toBe(1);
  for (const [index, [done, total]] of told.entries()) {
    expect(done).toBeGreaterThanOrEqual(told[index - 1]?.[0] ?? 0);
    expect(done).toBeLessThanOrEqual(total);
  }
});
