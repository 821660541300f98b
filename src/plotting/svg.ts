/** A rectangle in the figure's pixels. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const FONT = 'DejaVu Sans, Verdana, sans-serif';
export const INK = '#262626';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c] as string);

/** Rounds to two decimals: a hundredth of a pixel is not visible. */
export const px = (value: number): string => String(Math.round(value * 100) / 100);

export type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(name: string, attributes: Attributes, content?: string): string {
  const list = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? px(value) : escapeXml(value as string)}"`)
    .join('');
  return content === undefined ? `<${name}${list}/>` : `<${name}${list}>${content}</${name}>`;
}

export interface TextOptions {
  readonly size: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** The text runs from bottom to top. */
  readonly vertical?: boolean;
  /** @default that of axes and labels */
  readonly color?: string;
}

/** Text with its baseline at a point: the point is the start, the middle or the end of the text. */
export function text(
  x: number,
  y: number,
  value: string,
  { size, anchor = 'start', bold, vertical, color = INK }: TextOptions,
): string {
  const place = vertical ? { transform: `translate(${px(x)} ${px(y)}) rotate(-90)` } : { x, y };
  return element(
    'text',
    {
      ...place,
      'font-size': size,
      'text-anchor': anchor,
      'font-weight': bold ? 'bold' : undefined,
      fill: color,
    },
    escapeXml(value),
  );
}

export const line = (x1: number, y1: number, x2: number, y2: number, stroke = INK, width = 0.8): string =>
  element('line', { x1, y1, x2, y2, stroke, 'stroke-width': width });

// Advance widths of DejaVu Sans in ems, by kind of glyph
const NARROW = /[ .,:;'|!ijlIft()[\]/]/;
const WIDE = /[mwMW@%+−=<>×]/;

/** The width of a text, accurate enough for margins. */
export function textWidth(value: string, size: number): number {
  let ems = 0;
  for (const c of value) ems += NARROW.test(c) ? 0.36 : WIDE.test(c) ? 0.88 : 0.635;
  return ems * size;
}

/** The largest size, at most `size`, at which a text is no wider than `width`. */
export const fittingSize = (value: string, size: number, width: number): number =>
  Math.min(size, (size * width) / textWidth(value, size));
