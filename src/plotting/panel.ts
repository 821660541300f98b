import type { Margins } from './axes.js';
import type { Rect } from './svg.js';

/** One picture of a figure. */
export interface Panel {
  /** Width over height of the data area. Undefined if any ratio is possible. */
  readonly aspect: number | undefined;
  /** The space that it needs around a data area of this size. */
  margins(width: number, height: number): Margins;
  /**
   * Draws the panel as SVG, with its data in `area`.
   *
   * @param density pixels of embedded images per pixel of the figure
   * @param id unique in the figure
   */
  draw(area: Rect, density: number, id: string): string;
}
