import { LayerMeasurement } from "../../analysis/measurement";
import type { Measurer } from "./measurer";

/** Measures in the thread of the caller. */
export function localMeasurer(): Measurer {
  const running = new Map<string, LayerMeasurement>();
  const layer = (name: string): LayerMeasurement => {
    const measurement = running.get(name);
    if (!measurement) throw new Error(`The norm ${name} was not started.`);
    return measurement;
  };
  return {
    start: (norm, options) => {
      running.set(norm.name, new LayerMeasurement(norm, options));
    },
    add: (name, block) => {
      layer(name).add(block);
      return Promise.resolve();
    },
    finish: (name) => {
      const measured = layer(name).finish();
      running.delete(name);
      return Promise.resolve(measured);
    },
    close: () => Promise.resolve(),
  };
}
