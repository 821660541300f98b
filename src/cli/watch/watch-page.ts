import { createHash } from 'node:crypto';
import type { ColorMap } from '../../plotting/color-maps.js';
import { BASE_STYLE, escaped, pairs, tableOf } from '../report/page-parts.js';
import { PAGE_SCRIPT } from './page-script.js';

const STYLE = `
#status { display: inline-block; margin: .8rem 0 0; padding: .15rem .7rem; border-radius: 1rem;
  border: 1px solid var(--line); background: var(--panel); font-size: .9rem; }
#status::before { content: ''; display: inline-block; width: .6rem; height: .6rem; margin-right: .5rem;
  border-radius: 50%; background: var(--c3); }
#status.good::before { background: var(--c2); } #status.bad::before { background: var(--c1); }
#status.done::before { background: var(--c0); }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .6rem;
  margin: 1.2rem 0 0; }
dl div { padding: .5rem .8rem; border-radius: 6px; background: var(--panel); }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-size: 1.1rem; font-variant-numeric: tabular-nums; }
.panels { display: grid; gap: 0 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }
.panels section { min-width: 0; }
.panels p { margin: 0 0 .5rem; min-height: 1.5rem; color: var(--soft); font-size: .85rem; }
svg { display: block; width: 100%; height: 320px; }
svg text { fill: var(--soft); font: 12px system-ui, 'DejaVu Sans', sans-serif; }
.grid { stroke: var(--line); } .frame { fill: none; stroke: var(--soft); }
.curve { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
canvas { display: block; width: 100%; } [hidden] { display: none; }
#legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 0 0 .5rem; padding: 0;
  min-height: 1.5rem; list-style: none; color: var(--soft); font-size: .85rem; }
#legend i { display: inline-block; width: .9rem; height: .2rem; margin-right: .4rem; vertical-align: 3px; }
`;

const FACTS = [
  ['solver', 'Solver'],
  ['iteration', 'Iteration'],
  ['cost', 'Cost'],
  ['time', 'Time'],
  ['rate', 'Iterations'],
] as const;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * The page of a watch, and the policy under which a browser shows it: the page's own script runs,
 * which reads from its own server only.
 */
export function watchPage(
  title: string,
  subtitle: string,
  parameters: Readonly<Record<string, unknown>>,
  { table, nan }: ColorMap,
): readonly [html: string, policy: string] {
  const rows = pairs(parameters);
  const facts = FACTS.map(([id, name]) => `<div><dt>${name}</dt><dd id="${id}">–</dd></div>`);
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${BASE_STYLE}${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1><p>${escaped(subtitle)}</p></header>
<div id="status" role="status">Connecting</div>
<dl>${facts.join('')}</dl>
<div class="panels">
<section><h2>Convergence</h2><ul id="legend"></ul><svg id="history" role="img" aria-label="costs"></svg>
<p id="no-history">No solver has run yet.</p></section>
<section id="picture"><h2>Solution</h2><p id="slice-text"></p><canvas id="image" hidden></canvas>
<svg id="curve" role="img" aria-label="solution" style="display:none"></svg>
<p id="no-slice">A picture follows with the iterations of a solver.</p></section>
</div>
${rows.length > 0 ? `<section><h2>Parameters</h2>${tableOf(rows)}</section>` : ''}
<script type="application/json" id="colors">${JSON.stringify({ table: [...table], nan })}</script>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
  const policy =
    `default-src 'none'; script-src ${hashOf(PAGE_SCRIPT)}; style-src 'unsafe-inline'; img-src data:; ` +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  return [html, policy];
}
