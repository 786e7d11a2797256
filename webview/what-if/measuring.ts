/** Whether, and why not, the page can ask for a measurement or a conversion. */
export interface Measuring {
  /** Why neither can be had, in a sentence. */
  readonly refusal?: string;
  /** A measurement runs or waits. */
  readonly busy: boolean;
  /** A checkpoint is being converted. */
  readonly converting: boolean;
}
