/** Measures wall-clock seconds by lap. */
export interface Stopwatch {
  /** Seconds since the last lap, or since the start. */
  lap(): number;
  /** Seconds since the start. */
  total(): number;
}

/** Starts a stopwatch. */
export function stopwatch(): Stopwatch {
  const start = performance.now();
  let last = start;
  return {
    lap: () => {
      const now = performance.now();
      const seconds = (now - last) / 1000;
      last = now;
      return seconds;
    },
    total: () => (performance.now() - start) / 1000,
  };
}
