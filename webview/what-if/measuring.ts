/** What is measured beside what always is: alphas of the user's own, by layer, and some layers instead of all. */
export interface MeasuringWish {
  readonly alphas?: Readonly<Record<string, number>>;
  readonly layers?: readonly string[];
}

/** Asks for a measurement, tuned as it was chosen. */
export type Measure = (wish: MeasuringWish) => void;

/** Whether, and why not, the page can ask for a measurement or a conversion. */
export interface Measuring {
  /** Why neither can be had, in a sentence. */
  readonly refusal?: string;
  /** A measurement runs or waits. */
  readonly busy: boolean;
  /** A checkpoint is being converted. */
  readonly converting: boolean;
}
