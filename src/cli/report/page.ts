import { cellText, isNumeric } from '../table.js';

/** A cell of a table of the page. */
export type PageCell = string | number;
/** Rows with the same keys, which are the heads of the columns. */
export type PageRows = readonly Readonly<Record<string, PageCell>>[];

/** A part of the page. */
export type Section = { readonly title: string } & (
  | { readonly table: PageRows }
  | { readonly text: string }
  /** SVG images with their captions. */
  | { readonly figures: readonly { readonly caption: string; readonly svg: string }[] }
  /** Shares of a whole in per cent, a bar for each row. */
  | {
      readonly bars: readonly { readonly label: string; readonly shares: readonly number[] }[];
      readonly legend: readonly string[];
    }
);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

/** No script runs, and nothing is loaded. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE = `
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
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { margin: 0; padding: .9rem 1rem; overflow-x: auto; background: var(--panel); border-radius: 6px;
  font: .8rem/1.45 ui-monospace, 'DejaVu Sans Mono', monospace; }
figure { margin: 0 0 1.2rem; }
figure img { display: block; max-width: 100%; height: auto; padding: 6px; background: #ffffff;
  border: 1px solid var(--line); border-radius: 6px; }
figcaption { margin-top: .3rem; color: var(--soft); font-size: .85rem; }
.bar { display: flex; height: 1.1rem; min-width: 16rem; width: 34rem; max-width: 60vw; overflow: hidden;
  border-radius: 3px; background: var(--panel); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: 0 0 .6rem; padding: 0;
  list-style: none; font-size: .85rem; color: var(--soft); }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; border-radius: 2px;
  vertical-align: -1px; }
.p0 { background: var(--c0); } .p1 { background: var(--c1); }
.p2 { background: var(--c2); } .p3 { background: var(--c3); }
@media print { body { max-width: none; } figure { break-inside: avoid; } }
`;

function tableOf(rows: PageRows): string {
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

function bodyOf(section: Section): string {
  if ('table' in section) return tableOf(section.table);
  if ('text' in section) return `<pre>${escaped(section.text)}</pre>`;
  if ('figures' in section)
    return section.figures
      .map(({ caption, svg }) => {
        const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
        const title = escaped(caption);
        return `<figure><img alt="${title}" src="${source}"><figcaption>${title}</figcaption></figure>`;
      })
      .join('\n');
  const legend = section.legend.map((name, k) => `<li><i class="p${k}"></i>${escaped(name)}</li>`).join('');
  const bars = section.bars.map(({ label, shares }) => {
    const parts = shares.map((share, k) => {
      const tip = `${section.legend[k]}: ${share.toFixed(1)} %`;
      return `<span class="p${k}" style="width:${share.toFixed(2)}%" title="${escaped(tip)}"></span>`;
    });
    return `<tr><td>${escaped(label)}</td><td><div class="bar">${parts.join('')}</div></td></tr>`;
  });
  return `<ul class="legend">${legend}</ul>\n<table><tbody>${bars.join('\n')}</tbody></table>`;
}

/** A page of HTML without scripts, which loads nothing. */
export function pageOf(title: string, subtitle: string, sections: readonly Section[]): string {
  const body = sections.map(
    (section) => `<section>\n<h2>${escaped(section.title)}</h2>\n${bodyOf(section)}\n</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>
${body.join('\n')}
</body>
</html>
`;
}
