/** What is used of svgcanvas, which brings no types. */
declare module "svgcanvas" {
  /** A 2D context that writes SVG. */
  export class Context {
    constructor(options: { readonly width: number; readonly height: number; readonly ctx: CanvasRenderingContext2D });
    /** The drawing so far, as an SVG document. */
    getSerializedSvg(fixNamedEntities: boolean): string;
  }
}
