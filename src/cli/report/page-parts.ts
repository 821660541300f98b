import { textOf } from '../../core/base/text-of.js';
import { cellText, isNumeric } from '../table.js';

/** A cell of a table of the page. */
export type PageCell = string | number;
/** Rows with the same keys, which are the heads of the columns. */
export type PageRows = readonly Readonly<Record<string, PageCell>>[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as it stands in HTML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

/** The colours, the fonts, the headings and the tables of a page, light or dark as the reader's. */
export const BASE_STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --panel: #f6f7f9; --text: #1c2330; --soft: #5b6472;
  --line: #dfe3e8; --c0: #2f6db5; --c1: #d98a29; --c2: #3f9a6b; --c3: #8a8f99; }
@media (prefers-color-scheme: dark) { :root { --back: #14171c; --panel: #1d2128; --text: #e4e7ec;
  --soft: #9aa3b0; --line: #323842; --c0: #5b9be0; --c1: #e3a250; --c2: #5dbb8a; --c3: #7d838e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 68rem; background: var(--back);
  color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
h1 { margin: 0; font-size: 1.6rem; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.1rem; }
header p { margin: .2rem 0 0; color: var(--soft); }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
.scroll { overflow-x: auto; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
`;

/** A table in HTML. */
export function tableOf(rows: PageRows): string {
  const heads = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const isNumber = heads.map((head) => isNumeric(rows.map((row) => row[head])));
  const cell = (tag: string, k: number, content: string): string =>
    `<${tag}${isNumber[k] ? ' class="number"' : ''}>${content}</${tag}>`;
  const head = heads.map((name, k) => cell('th', k, escaped(name))).join('');
  const body = rows.map(
    (row) => `<tr>${heads.map((name, k) => cell('td', k, escaped(cellText(row[name])))).join('')}</tr>`,
  );
  const table = `<table><thead><tr>${head}</tr></thead>\n<tbody>${body.join('\n')}</tbody></table>`;
  return `<div class="scroll">${table}</div>`;
}

/** A short text of a parameter. */
const shown = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'object' ? textOf(value) : String(value);

/** The rows of a table of names and values; those that are undefined are left out. */
export const pairs = (values: Readonly<Record<string, unknown>>): PageRows =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: shown(value) }],
  );
