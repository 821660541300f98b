import { BASE_STYLE, escaped, type PageRows, tableOf } from './page-parts.js';

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

/** No script runs, and nothing is loaded. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

const STYLE = `
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
<style>${BASE_STYLE}${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>
${body.join('\n')}
</body>
</html>
`;
}
