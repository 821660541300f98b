/** The script of the page: draws what the server sends. It loads nothing and sends nothing. */
export const PAGE_SCRIPT = String.raw`
'use strict';
const $ = (id) => document.getElementById(id);
const SVG = 'http://www.w3.org/2000/svg';
const MOST_RUNS = 8, MOST_POINTS = 4000;
const { table, nan } = JSON.parse($('colors').textContent);
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

let runs = new Map(), slice, began = 0, ended = false, speed = [], waiting = false;

const short = (v) => {
  if (v === 0) return '0';
  const m = Math.abs(v);
  const text = m >= 1e-3 && m < 1e5 ? String(Number(v.toPrecision(4))) : v.toExponential(2);
  return text.replace('-', '\u2212');
};
const clock = (s) => s < 60 ? s.toFixed(1) + ' s' : s < 3600
  ? Math.floor(s / 60) + ' min ' + Math.floor(s % 60) + ' s'
  : Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
const current = () => [...runs.values()].at(-1);

function add(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text;
  parent.append(node);
  return node;
}

/** Round numbers from low to high. */
function ticksOf(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw);
  const ticks = [];
  // Where low and high differ by rounding, a counter as large as low / step would not change
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  for (let k = 0; k <= last - first && k <= 2 * most; k++) ticks.push((first + k) * step);
  return ticks;
}
/** Powers of ten, or 1, 2, 5, 10 where these are few; of logarithms. */
function logTicks(low, high) {
  const first = Math.floor(low), last = Math.ceil(high);
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const all = [];
  for (let e = first; e <= last; e++)
    for (const f of last - first <= 3 ? [1, 2, 5] : [1])
      if (f > 1 || (e - first) % every === 0) all.push(e + Math.log10(f));
  return all.filter((t) => t >= low - 1e-9 && t <= high + 1e-9);
}

/** A tick, or 0 instead of what rounding has left of it. */
const orZero = (t, range) => Math.abs(t) < 1e-12 * range ? 0 : t;

/** A chart of curves [{ x, y, color }]; y of numbers or null. */
function chart(svg, curves, { xLabel, yLabel, log }) {
  svg.replaceChildren();
  const width = svg.clientWidth || 560, height = svg.clientHeight || 320;
  svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
  const left = 74, right = 14, top = 12, bottom = 44;
  const usable = (y) => y !== null && (!log || y > 0);
  const of = (y) => log ? Math.log10(y) : y;
  let x0 = Infinity, x1 = -Infinity, y0 = Infinity, y1 = -Infinity;
  for (const { x, y } of curves) for (let k = 0; k < x.length; k++) if (usable(y[k])) {
    x0 = Math.min(x0, x[k]); x1 = Math.max(x1, x[k]);
    y0 = Math.min(y0, of(y[k])); y1 = Math.max(y1, of(y[k]));
  }
  if (!(x0 <= x1)) return;
  if (x0 === x1) x1 = x0 + 1;
  if (y0 === y1) { const d = log ? 0.5 : Math.abs(y0) / 2 || 1; y0 -= d; y1 += d; }
  else { const d = 0.05 * (y1 - y0); y0 -= d; y1 += d; }
  const X = (x) => left + (width - left - right) * (x - x0) / (x1 - x0);
  const Y = (y) => top + (height - top - bottom) * (y1 - y) / (y1 - y0);
  const ys = log ? logTicks(y0, y1) : [];
  for (const t of ys.length > 1 ? ys : ticksOf(y0, y1, 6)) {
    add(svg, 'line', { class: 'grid', x1: left, x2: width - right, y1: Y(t), y2: Y(t) });
    const value = log ? 10 ** t : orZero(t, y1 - y0);
    add(svg, 'text', { x: left - 8, y: Y(t) + 4, 'text-anchor': 'end' }, short(value));
  }
  for (const t of ticksOf(x0, x1, Math.max(2, Math.floor(width / 90)))) if (Number.isInteger(t)) {
    add(svg, 'line', { class: 'grid', x1: X(t), x2: X(t), y1: top, y2: height - bottom });
    add(svg, 'text', { x: X(t), y: height - bottom + 18, 'text-anchor': 'middle' }, short(t));
  }
  const frame = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  add(svg, 'rect', { class: 'frame', ...frame });
  add(svg, 'text', { x: (left + width - right) / 2, y: height - 6, 'text-anchor': 'middle' }, xLabel);
  const middle = (top + height - bottom) / 2;
  const upright = 'rotate(-90 14 ' + middle + ')';
  add(svg, 'text', { x: 14, y: middle, 'text-anchor': 'middle', transform: upright }, yLabel);
  for (const { x, y, color, dash, now } of curves) {
    let d = '', pen = 'M', last;
    for (let k = 0; k < x.length; k++) {
      if (!usable(y[k])) { pen = 'M'; continue; }
      last = [X(x[k]).toFixed(1), Y(of(y[k])).toFixed(1)];
      d += pen + last.join(' ');
      pen = 'L';
    }
    add(svg, 'path', { class: 'curve', d, stroke: color, 'stroke-dasharray': dash });
    if (last && now) add(svg, 'circle', { cx: last[0], cy: last[1], r: 3.5, fill: color });
  }
}

/** Four colours, and then the same with dashes. */
const color = (run) => css('--c' + (run - 1) % 4);
const dash = (run) => (run - 1) % 8 < 4 ? 'none' : '6 3';

function drawHistory() {
  const all = [...runs.values()].filter((r) => r.y.length > 0);
  const positive = all.every((r) => r.y.every((y) => y === null || y > 0));
  chart($('history'), all.map((r) => (
    { x: r.x, y: r.y, color: color(r.run), dash: dash(r.run), now: r === current() })),
    { xLabel: 'iteration', yLabel: 'cost', log: positive });
  $('legend').replaceChildren(...all.map((r) => {
    const item = document.createElement('li'), mark = document.createElement('i');
    mark.style.background = dash(r.run) === 'none' ? color(r.run)
      : 'repeating-linear-gradient(90deg, ' + color(r.run) + ' 0 6px, transparent 6px 9px)';
    item.append(mark, r.label);
    return item;
  }));
  $('no-history').hidden = all.length > 0;
}

function drawImage({ rows, columns, cells, height, width, yLabel, xLabel }, range) {
  const canvas = $('image');
  const data = Uint8Array.from(atob(cells), (c) => c.charCodeAt(0));
  const small = new OffscreenCanvas(columns, rows), context = small.getContext('2d');
  const pixels = context.createImageData(columns, rows);
  for (let k = 0; k < data.length; k++) {
    const rgb = data[k] === 255 ? nan : table.slice(3 * data[k], 3 * data[k] + 3);
    pixels.data.set([...rgb, 255], 4 * k);
  }
  context.putImageData(pixels, 0, 0);
  const box = $('picture').clientWidth || 560, tall = 320;
  const left = 62, right = 84, top = 12, bottom = 44;
  const ratio = devicePixelRatio || 1;
  canvas.width = box * ratio; canvas.height = tall * ratio;
  canvas.style.height = tall + 'px';
  const c = canvas.getContext('2d');
  c.scale(ratio, ratio);
  c.imageSmoothingEnabled = false;
  const w = box - left - right, h = tall - top - bottom;
  c.drawImage(small, left, top, w, h);
  c.strokeStyle = css('--soft'); c.fillStyle = css('--soft');
  c.font = '12px system-ui, "DejaVu Sans", sans-serif';
  c.strokeRect(left, top, w, h);
  c.textAlign = 'center';
  for (const t of ticksOf(0, width - 1, Math.max(2, Math.floor(w / 80)))) if (Number.isInteger(t))
    c.fillText(short(t), left + w * (t + 0.5) / width, tall - bottom + 18);
  c.fillText(xLabel, left + w / 2, tall - 6);
  c.textAlign = 'right';
  for (const t of ticksOf(0, height - 1, 6)) if (Number.isInteger(t))
    c.fillText(short(t), left - 8, top + h * (t + 0.5) / height + 4);
  c.save(); c.translate(14, top + h / 2); c.rotate(-Math.PI / 2); c.textAlign = 'center';
  c.fillText(yLabel, 0, 0); c.restore();
  const [low, high] = range;
  for (let k = 0; k < h; k++) {
    const at = 3 * Math.round(255 * (1 - k / Math.max(1, h - 1)));
    c.fillStyle = 'rgb(' + table.slice(at, at + 3).join(' ') + ')';
    c.fillRect(box - right + 14, top + k, 14, 1.5);
  }
  c.strokeRect(box - right + 14, top, 14, h);
  c.fillStyle = css('--soft'); c.textAlign = 'left';
  for (const t of high > low ? ticksOf(low, high, 5) : [low]) {
    const share = high > low ? (high - t) / (high - low) : 0.5;
    c.fillText(short(orZero(t, high - low)), box - right + 33, top + h * share + 4);
  }
}

function drawSlice() {
  const drawn = Boolean(slice && slice.range);
  $('no-slice').hidden = drawn;
  $('image').hidden = !(drawn && slice.drawing.cells);
  $('curve').style.display = drawn && slice.drawing.index ? 'block' : 'none';
  if (!drawn) return;
  const { drawing, range, place, iteration, run } = slice;
  const label = runs.get(run) ? runs.get(run).label + ', ' : '';
  $('slice-text').textContent = label + 'iteration ' + iteration + (place ? ', ' + place : '');
  if (drawing.cells) drawImage(drawing, range);
  else chart($('curve'), [{ x: drawing.index, y: drawing.value, color: css('--c0') }],
    { xLabel: 'element', yLabel: 'value', log: false });
}

function drawFacts() {
  const run = current();
  const last = run && run.x.length > 0 ? run.x.at(-1) : undefined;
  $('solver').textContent = run ? run.label : '\u2013';
  $('iteration').textContent = last === undefined ? '\u2013'
    : last + (run.niter === null ? '' : ' of at most ' + run.niter);
  const cost = run && run.y.length > 0 ? run.y.at(-1) : undefined;
  $('cost').textContent = cost === undefined ? '\u2013' : cost === null ? 'not finite' : short(cost);
  const first = speed[0], end = speed.at(-1);
  $('rate').textContent = first && end[0] > first[0] && end[1] > first[1]
    ? short((end[1] - first[1]) / (end[0] - first[0])) + ' / s' : '\u2013';
}

function draw() {
  waiting = false;
  drawFacts(); drawHistory(); drawSlice();
}
/** Draws once for all messages that came together. */
function soon() {
  if (waiting) return;
  waiting = true;
  setTimeout(draw, 50);
}
function status(text, kind) {
  $('status').textContent = text;
  $('status').className = kind;
}

const handlers = {
  reset() { runs = new Map(); slice = undefined; speed = []; },
  run({ run, label, niter }) {
    runs.set(run, { run, label, niter, stride: 1, x: [], y: [] });
    if (runs.size > MOST_RUNS) runs.delete(runs.keys().next().value);
    speed = [];
  },
  points({ run, iterations, costs, seconds }) {
    const r = runs.get(run);
    if (!r) return;
    // Of a long run every second, fourth … iteration stays, and the newest one until the next
    if (r.x.length > 0 && r.x.at(-1) % r.stride !== 0) { r.x.pop(); r.y.pop(); }
    r.x.push(...iterations); r.y.push(...costs);
    while (r.x.length > MOST_POINTS) {
      r.stride *= 2;
      const stays = (_, k) => r.x[k] % r.stride === 0 || k === r.x.length - 1;
      [r.y, r.x] = [r.y.filter(stays), r.x.filter(stays)];
    }
    if (iterations.length > 0 && r === current()) speed.push([seconds, iterations.at(-1)]);
    while (speed.length > 2 && speed.at(-1)[0] - speed[0][0] > 5) speed.shift();
  },
  slice(message) { slice = message; },
  end({ text, failed, seconds }) {
    ended = true;
    source.close();
    began = performance.now() - 1000 * seconds;
    $('time').textContent = clock(seconds);
    status(text, failed ? 'bad' : 'done');
  },
};

const source = new EventSource('events');
source.onopen = () => status('Running', 'good');
source.onerror = () => {
  if (!ended) status(source.readyState === 2
    ? 'Refused: eight pages are open, or the run has ended. Reload to try again'
    : 'No connection: the run was ended, or its machine cannot be reached', 'bad');
};
source.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  began = performance.now() - 1000 * message.seconds;
  handlers[message.kind](message);
  soon();
};
setInterval(() => {
  if (!ended && source.readyState === 1) $('time').textContent = clock((performance.now() - began) / 1000);
}, 200);
addEventListener('resize', soon);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', soon);
`;
