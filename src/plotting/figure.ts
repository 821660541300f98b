import { ArgumentError } from '../core/base/errors.js';
import { checkTexts, type Defaults, type WithDefaults, withDefaults } from '../core/base/options.js';
import { textOf } from '../core/base/text-of.js';
import { writeDocument } from '../io/output.js';
import type { Margins } from './axes.js';
import type { Panel } from './panel.js';
import { renderPng } from './parts/render.js';
import { showDocument } from './parts/show-document.js';
import { element, escapeXml, FONT, fittingSize, px, type Rect, text } from './svg.js';

/** Options of {@link Figure}. */
export interface FigureOptions {
  /** Number of panels in a row. @default at most 3 */
  readonly columns?: number;
  /** Title above all panels. */
  readonly title?: string;
  /** Width of a panel's data area in pixels. @default 240 */
  readonly panelWidth?: number;
  /**
   * Least height of the data area of panels without an aspect of their own. Beside a taller panel
   * they are as tall as that.
   * @default ¾ of the width
   */
  readonly panelHeight?: number;
}

const PAD = 12;
const GAP_X = 16;
const GAP_Y = 14;
const TITLE_SIZE = 15;
/** The largest height of a panel in panel widths. Panels with a smaller aspect become narrower. */
const TALLEST = 1.5;

interface Placed {
  readonly panel: Panel;
  readonly row: number;
  readonly column: number;
  readonly width: number;
  readonly height: number;
  readonly margins: Margins;
}

const DEFAULTS = {
  columns: undefined,
  title: undefined,
  panelWidth: 240,
  panelHeight: undefined,
} satisfies Defaults<FigureOptions>;

/**
 * Positions of tracks (columns or rows) one after another, with the space that their panels need
 * before and after them.
 */
function stack(
  tracks: readonly { before: number; size: number; after: number }[],
  start: number,
  gap: number,
): { at: number[]; end: number } {
  let position = start;
  const at = tracks.map(({ before, size, after }, k) => {
    const here = Math.ceil(position + before);
    position = here + size + after + (k < tracks.length - 1 ? gap : 0);
    return here;
  });
  return { at, end: position };
}

/**
 * A grid of panels, filled row by row, written as PNG or SVG.
 *
 * ```ts
 * new Figure({ columns: 2, title: 'Inversion' })
 *   .add(heatMap(model, [nx, nz], { transpose: true, title: 'True', colorMap: 'terrain' }))
 *   .add(linePlot([{ y: cost, label: 'CGLS' }], { yScale: 'log', title: 'Misfit' }))
 *   .writePng('inversion.png');
 * ```
 */
export class Figure {
  readonly #panels: Panel[] = [];
  readonly #options: WithDefaults<FigureOptions, typeof DEFAULTS>;

  constructor(options?: FigureOptions) {
    const given = withDefaults('Figure', options, DEFAULTS);
    const { columns, panelWidth, panelHeight } = given;
    checkTexts('Figure', given, ['title']);
    if (columns !== undefined && !(Number.isSafeInteger(columns) && columns > 0)) {
      throw new ArgumentError(`expected columns to be a positive integer, received ${textOf(columns)}`);
    }
    for (const [name, size] of Object.entries({ panelWidth, panelHeight })) {
      if (size !== undefined && !(Number.isFinite(size) && size >= 20 && size <= 4000)) {
        throw new ArgumentError(`expected ${name} between 20 and 4000 pixels, received ${textOf(size)}`);
      }
    }
    this.#options = given;
  }

  add(...panels: readonly Panel[]): this {
    for (const panel of panels)
      if (
        typeof panel !== 'object' ||
        typeof panel?.margins !== 'function' ||
        typeof panel.draw !== 'function' ||
        !(panel.aspect === undefined || (Number.isFinite(panel.aspect) && panel.aspect > 0))
      )
        throw new ArgumentError(
          `Figure.add: expected panels, as heatMap() and linePlot() give them, received ${textOf(panel)}`,
        );
    this.#panels.push(...panels);
    return this;
  }

  /**
   * Whether a panel has its values on rank 0, and this is another rank: {@link writePng} and its
   * like do nothing here.
   */
  get isRemote(): boolean {
    return this.#panels.some((panel) => panel.isRemote === true);
  }

  /**
   * The figure as SVG text.
   *
   * @param density pixels of embedded images per unit; default 2
   * @throws {@link ArgumentError} without panels, and where it {@link isRemote}
   */
  toSvg(density = 2): string {
    if (this.#panels.length === 0)
      throw new ArgumentError('expected a figure of at least one panel: add() some');
    if (this.isRemote)
      throw new ArgumentError(
        'expected a figure with its values: those of a distributed array are on rank 0',
      );
    const { title } = this.#options;
    const placed = this.#place();
    const columns = this.#tracks(placed, 'column');
    const rows = this.#tracks(placed, 'row');
    const top = PAD + (title ? TITLE_SIZE + 12 : 0);
    const x = stack(columns, PAD, GAP_X);
    const y = stack(rows, top, GAP_Y);
    const [width, height] = [Math.ceil(x.end + PAD), Math.ceil(y.end + PAD)];

    const parts = [element('rect', { width, height, fill: '#ffffff' })];
    if (title) {
      // Bold glyphs are ten per cent wider
      const size = fittingSize(title, TITLE_SIZE, (width - 2 * PAD) / 1.1);
      parts.push(text(width / 2, PAD + TITLE_SIZE, title, { size, anchor: 'middle', bold: true }));
    }
    placed.forEach((p, k) => {
      const spare = (columns[p.column]?.size ?? p.width) - p.width;
      const area: Rect = {
        x: (x.at[p.column] as number) + Math.floor(spare / 2),
        y: y.at[p.row] as number,
        width: p.width,
        height: p.height,
      };
      const drawn: unknown = p.panel.draw(area, density, String(k));
      if (typeof drawn !== 'string')
        throw new ArgumentError(`Figure: expected a panel that draws SVG text, received ${textOf(drawn)}`);
      parts.push(element('g', {}, drawn));
    });
    const size = { width: px(width), height: px(height), viewBox: `0 0 ${px(width)} ${px(height)}` };
    return element(
      'svg',
      { xmlns: 'http://www.w3.org/2000/svg', ...size, 'font-family': FONT },
      `\n${parts.join('\n')}\n`,
    );
  }

  /**
   * The figure as PNG bytes.
   *
   * @param scale pixels per unit; default 2
   * @throws {@link ArgumentError} without panels, and where it {@link isRemote}
   */
  toPng(scale = 2): Uint8Array {
    if (typeof scale !== 'number' || !(scale > 0 && scale <= 10))
      throw new ArgumentError(`expected a scale above 0 and up to 10, received ${textOf(scale)}`);
    return renderPng(this.toSvg(scale), scale);
  }

  /**
   * Writes the figure as PNG. Missing folders are created. The file is written completely or not at
   * all. A figure of distributed arrays is written by rank 0, and other ranks do nothing.
   */
  writePng(path: string, scale = 2): void {
    if (!this.isRemote) writeDocument(path, this.toPng(scale));
  }

  /** Writes the figure as SVG, like {@link writePng}. */
  writeSvg(path: string): void {
    if (!this.isRemote) writeDocument(path, this.toSvg());
  }

  /**
   * Opens the figure in the browser: writes it to a file in a folder for temporary files, and
   * starts `xdg-open`, `open` or `start`. Without a display, or without that program, it prints the
   * path of the file. A figure of distributed arrays is shown by rank 0. Other ranks do nothing.
   *
   * @returns the path of the file; undefined on ranks that do nothing
   */
  show(): string | undefined {
    if (this.isRemote) return undefined;
    const svg = this.toSvg();
    const title = escapeXml(this.#options.title ?? 'Figure');
    return showDocument(`<!doctype html><meta charset="utf-8"><title>${title}</title>\n${svg}\n`);
  }

  #place(): Placed[] {
    const columns = this.#options.columns ?? Math.min(3, this.#panels.length);
    const { panelWidth, panelHeight = Math.round(0.75 * panelWidth) } = this.#options;
    const tallest: number[] = [];
    const sizes = this.#panels.map(({ aspect }, k) => {
      let [width, height] = [
        Math.round(panelWidth),
        aspect === undefined ? Math.round(panelHeight) : Math.round(panelWidth / aspect),
      ];
      if (aspect !== undefined && height > TALLEST * panelWidth) {
        height = Math.round(TALLEST * panelWidth);
        width = Math.max(1, Math.round(height * aspect));
      }
      height = Math.max(1, height);
      const [row, column] = [Math.floor(k / columns), k % columns];
      tallest[row] = Math.max(tallest[row] ?? 0, height);
      return { row, column, width, height };
    });
    return this.#panels.map((panel, k) => {
      const { row, column, width, height } = sizes[k] as (typeof sizes)[number];
      const full = panel.aspect === undefined ? (tallest[row] as number) : height;
      return { panel, row, column, width, height: full, margins: panel.margins(width, full) };
    });
  }

  #tracks(
    placed: readonly Placed[],
    along: 'row' | 'column',
  ): { before: number; size: number; after: number }[] {
    const tracks: { before: number; size: number; after: number }[] = [];
    for (const p of placed) {
      const { left, right, top, bottom } = p.margins;
      const [before, size, after] = along === 'row' ? [top, p.height, bottom] : [left, p.width, right];
      const track = tracks[p[along]] ?? { before: 0, size: 0, after: 0 };
      tracks[p[along]] = {
        before: Math.max(track.before, before),
        size: Math.max(track.size, size),
        after: Math.max(track.after, after),
      };
    }
    return tracks;
  }
}
