/** Whether, and why not, the page can ask for a measurement. */
export interface Measuring {
  /** Why nothing can be measured, in a sentence. */
  readonly refusal?: string;
  /** A measurement runs or waits. */
  readonly busy: boolean;
}
