/** A point of a drawing, in data units. */
export interface Place {
  readonly x: number;
  readonly y: number;
}
