import { ArgumentError } from '../core/base/errors.js';
import type { Margins } from './axes.js';
import type { Rect } from './svg.js';

/** One picture of a figure. */
export interface Panel {
  /** Width over height of the data area. Undefined if any ratio is possible. */
  readonly aspect: number | undefined;
  /**
   * The values are on rank 0 only, and this is another rank: a panel of a distributed array. A
   * figure with such a panel is written and shown by rank 0 alone.
   * @default false
   */
  readonly isRemote?: boolean;
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

/** The panel of a distributed array on all ranks but the first. */
export const REMOTE: Panel = {
  aspect: undefined,
  isRemote: true,
  margins: () => ({ left: 0, right: 0, top: 0, bottom: 0 }),
  draw: () => {
    throw new ArgumentError('the values of this panel are on rank 0, which draws it');
  },
};
