import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { ArgumentError, ShapeError } from '../../src/core/base/errors.js';
import {
  colorMap,
  colorOf,
  colorRange,
  Figure,
  heatMap,
  linePlot,
  makeColorMap,
  type Panel,
  type Rgb,
} from '../../src/plotting/index.js';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The pixels of a figure, and the position of its first embedded image (the data area) in them. */
function render(figure: Figure, scale: number) {
  const svg = figure.toSvg(scale);
  const image = /<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/.exec(svg);
  const [x, y, width, height] = (image ?? []).slice(1).map((v) => Number(v) * scale) as [
    number,
    number,
    number,
    number,
  ];
  const png = decode(figure.toPng(scale));
  const at = (px: number, py: number): number[] => {
    const k = (Math.floor(py) * png.width + Math.floor(px)) * png.channels;
    return [...png.data.slice(k, k + 3)];
  };
  return { png, at, area: { x, y, width, height } };
}

/** The colour in the middle of a cell. */
function cell(
  r: ReturnType<typeof render>,
  row: number,
  column: number,
  rows: number,
  columns: number,
): number[] {
  const { x, y, width, height } = r.area;
  return r.at(x + (width * (column + 0.5)) / columns, y + (height * (row + 0.5)) / rows);
}

describe('figures', () => {
  const values = Float64Array.of(0, 1, 2, 3, 4, Number.NaN);

  it('show each value in its colour and NaN in another', () => {
    const map = colorMap('viridis');
    for (const scale of [1, 2]) {
      const r = render(new Figure().add(heatMap(values, [2, 3])), scale);
      for (let k = 0; k < 6; k++) {
        const expected = colorOf(map, [0, 4], values[k] as number);
        expect(cell(r, Math.floor(k / 3), k % 3, 2, 3), `value ${values[k]}`).to.deep.equal([...expected]);
      }
      expect(cell(r, 1, 2, 2, 3)).to.deep.equal([...map.nan]);
    }
  });

  it('show the transposed array with the second axis downwards', () => {
    const r = render(new Figure().add(heatMap(values, [2, 3], { transpose: true })), 1);
    for (let i = 0; i < 2; i++) {
      for (let k = 0; k < 3; k++) {
        expect(cell(r, k, i, 3, 2)).to.deep.equal([
          ...colorOf(colorMap('viridis'), [0, 4], values[3 * i + k] as number),
        ]);
      }
    }
  });

  it('share a range that is given, and clamp values outside', () => {
    const r = render(
      new Figure().add(heatMap(Float32Array.of(-9, 0, 9), [1, 3], { range: [-1, 1], colorMap: 'seismic' })),
      1,
    );
    const { table } = colorMap('seismic');
    expect(cell(r, 0, 0, 1, 3)).to.deep.equal([...table.slice(0, 3)]);
    expect(cell(r, 0, 2, 1, 3)).to.deep.equal([...table.slice(-3)]);
    expect(Math.min(...cell(r, 0, 1, 1, 3))).to.be.greaterThan(250);
  });

  it('average the values of a pixel where there are more values than pixels', () => {
    const n = 4000;
    const stripes = Float64Array.from({ length: n }, (_, k) => k % 2);
    const two = makeColorMap('two', (t) => (t < 0.4 ? [0, 0, 0] : t > 0.6 ? [255, 255, 255] : [9, 99, 199]));
    const r = render(new Figure({ panelWidth: 100 }).add(heatMap(stripes, [1, n], { colorMap: two })), 1);
    expect(r.at(r.area.x + 50, r.area.y + r.area.height / 2)).to.deep.equal([9, 99, 199]);
  });

  it('draw curves where their values are', () => {
    const figure = new Figure({ panelWidth: 200, panelHeight: 100 }).add(
      linePlot([{ x: [0, 10], y: [2, 2], color: '#ff0000', width: 4 }], { xRange: [0, 10], yRange: [0, 8] }),
    );
    const svg = figure.toSvg();
    const frame = /<clipPath[^>]*><rect x="([\d.]+)" y="([\d.]+)"/.exec(svg);
    const [x, y] = [Number(frame?.[1]), Number(frame?.[2])];
    const r = render(figure, 1);
    expect(r.at(x + 100, y + 75)).to.deep.equal([255, 0, 0]);
    expect(r.at(x + 90, y + 30)).to.deep.equal([255, 255, 255]);
  });

  it('leave out values that a logarithmic axis cannot show', () => {
    const svg = new Figure()
      .add(linePlot([{ y: [100, 10, 0, -1, 1, 0.1], color: '#123456' }], { yScale: 'log' }))
      .toSvg();
    const path = /<path d="([^"]*)" fill="none" stroke="#123456"/.exec(svg)?.[1] ?? '';
    expect(path.match(/M/g)).to.have.length(2);
    expect(path.match(/L/g)).to.have.length(2);
    expect(svg).to.include('>10⁻¹<').and.to.contain('>10²<');
    expect(svg).to.not.include('NaN');
  });

  /** The labels of the vertical axis of a logarithmic plot, from the bottom to the top. */
  const logLabels = (low: number, high: number): string[] => {
    const plot = linePlot([{ y: [low, high] }], { yScale: 'log', yRange: [low, high], xRange: [0, 1] });
    return [
      ...new Figure()
        .add(plot)
        .toSvg()
        .matchAll(/text-anchor="end"[^>]*>([^<]*)</g),
    ].map(([, label]) => label as string);
  };

  it('label logarithmic axes of less than three powers of ten at round numbers', () => {
    expect(logLabels(34, 700)).to.deep.equal(['50', '100', '200', '500']);
    expect(logLabels(2, 30)).to.deep.equal(['2', '5', '10', '20']);
    expect(logLabels(10, 30)).to.deep.equal(['10', '20', '30']);
    expect(logLabels(0.3, 45)).to.deep.equal(['0.3', '1', '3', '10', '30']);
    expect(logLabels(2e6, 6e7)).to.deep.equal(['2×10⁶', '5×10⁶', '10⁷', '2×10⁷', '5×10⁷']);
    expect(logLabels(1e-9, 1e9).length).to.be.within(3, 5);
    expect(logLabels(1.2, 1.6).length).to.be.within(2, 6);
    // 9 and 10 alone would leave most of the axis bare
    expect(logLabels(8.7, 18)).to.deep.equal(['10', '12', '14', '16', '18']);
  });

  it('mark the digits between the labels of a logarithmic axis', () => {
    const plot = linePlot([{ y: [1, 1000] }], { yScale: 'log', yRange: [1, 1000], xRange: [0, 1] });
    const svg = new Figure().add(plot).toSvg();
    const marks = [...svg.matchAll(/<line x1="([\d.]+)" y1="([\d.]+)" x2="([\d.]+)" y2="\2"/g)].filter(
      ([, from, , to]) => Math.abs(Number(to) - Number(from)) === 2,
    );
    expect(marks).to.have.length(3 * 9 + 1);
  });

  it('label indices at whole numbers only', () => {
    const svg = new Figure().add(heatMap(values, [2, 3], { colorBar: false })).toSvg();
    const labels = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, label]) => label);
    expect(labels).to.deep.equal(['0', '1', '2', '0', '1']);
  });

  it('label indices of five digits and more as densely as others', () => {
    const x = Float64Array.from({ length: 21 }, (_, k) => 1e5 + 1000 * k);
    const svg = new Figure().add(linePlot([{ x, y: x }], { yLabel: 'y' })).toSvg();
    const labels = [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, label]) => label);
    for (const label of ['1.00', '1.10', '1.20']) expect(labels).to.include(label);
  });

  it('show 0 in the neutral colour of a diverging map, unless a range is given', () => {
    const lopsided = Float64Array.of(-1, 0, 9);
    for (const name of ['seismic', 'RdBu'] as const) {
      const r = render(new Figure().add(heatMap(lopsided, [1, 3], { colorMap: name })), 1);
      for (const [k, value] of lopsided.entries())
        expect(cell(r, 0, k, 1, 3)).to.deep.equal([...colorOf(colorMap(name), [-9, 9], value)]);
      expect(Math.min(...cell(r, 0, 1, 1, 3))).to.be.greaterThan(235);
    }
    const given = render(
      new Figure().add(heatMap(lopsided, [1, 3], { colorMap: 'RdBu', range: [-1, 9] })),
      1,
    );
    expect(cell(given, 0, 1, 1, 3)).to.deep.equal([...colorOf(colorMap('RdBu'), [-1, 9], 0)]);
  });

  it('make panels of any aspect as tall as the tallest one beside them', () => {
    const square = heatMap(new Float64Array(4), [2, 2], { aspect: 'equal' });
    const svg = new Figure({ columns: 2, panelWidth: 120 }).add(square, linePlot([{ y: [1, 2] }])).toSvg();
    expect(svg).to.match(/<clipPath[^>]*><rect [^>]*width="120" height="120"/);
  });

  it('keep the aspect, and arrange panels in a grid', () => {
    const panel = (): Panel => heatMap(new Float64Array(200), [10, 20], { aspect: 'equal' });
    const svg = new Figure({ columns: 2, panelWidth: 120 }).add(panel(), panel(), panel()).toSvg();
    const areas = [...svg.matchAll(/<image x="([\d.]+)" y="([\d.]+)" width="120" height="60"/g)].map((m) => [
      Number(m[1]),
      Number(m[2]),
    ]);
    expect(areas).to.have.length(3);
    const [a, b, c] = areas as [number[], number[], number[]];
    expect(a[1]).to.equal(b[1]);
    expect(a[0]).to.equal(c[0]);
    expect(b[0]).to.be.greaterThan((a[0] as number) + 120);
    expect(c[1]).to.be.greaterThan((a[1] as number) + 60);
  });

  it('are written as SVG, and as PNG of its size times the scale; folders are made', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lops-figure-'));
    try {
      const figure = new Figure({ title: 'a < b & "c"' }).add(
        heatMap(values, [3, 2], { title: 'x', xLabel: 'y', yLabel: 'z' }),
      );
      figure.writePng(join(folder, 'a/b/figure.png'), 3);
      figure.writeSvg(join(folder, 'c/figure.svg'));
      const bytes = readFileSync(join(folder, 'a/b/figure.png'));
      expect([...bytes.subarray(0, 8)]).to.deep.equal(SIGNATURE);
      const svg = readFileSync(join(folder, 'c/figure.svg'), 'utf8');
      const size = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg);
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).to.deep.equal([
        3 * Number(size?.[1]),
        3 * Number(size?.[2]),
      ]);
      expect(svg).to.include('a &lt; b &amp; &quot;c&quot;');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('have their letters drawn with the font of the package', () => {
    const ink = (title: string): number => {
      const { data, channels } = decode(new Figure({ title }).add(heatMap(values, [2, 3])).toPng(1));
      let dark = 0;
      for (let k = 0; k < data.length; k += channels) dark += (data[k] as number) < 100 ? 1 : 0;
      return dark;
    };
    expect(ink('MMMMMMMM') - ink('.')).to.be.greaterThan(200);
  });

  it('write small and large numbers with a power of ten', () => {
    const svg = new Figure()
      .add(
        heatMap(
          values.map((v) => v * 1e7),
          [2, 3],
        ),
      )
      .toSvg();
    expect(svg).to.include('>×10⁷<');
    expect(svg).to.include('>4.0<');
  });

  it('refuse arguments that do not fit', () => {
    expect(() => heatMap(values, [2, 2])).to.throw(
      ShapeError,
      'expected 4 values for shape [2, 2], received 6',
    );
    expect(() => heatMap(values, [0, 6])).to.throw(ShapeError, 'two positive integers');
    expect(() => heatMap(values, [2, 3], { range: [1, 1] })).to.throw(ArgumentError, 'low < high');
    expect(() => heatMap(values, [2, 3], { extent: [0, 0, 0, 1] })).to.throw(ArgumentError, 'extent');
    expect(() => heatMap(values, [2, 3], Object.assign({ title: 'x' }, { colourMap: 'gray' }))).to.throw(
      ArgumentError,
      "did you mean 'colorMap'",
    );
    expect(() => linePlot([{ x: [1], y: [1, 2] }])).to.throw(
      ShapeError,
      'one length in series 0, received 1 and 2',
    );
    expect(() => linePlot([{ y: [1] }], { yScale: 'log', yRange: [0, 1] })).to.throw(
      ArgumentError,
      'positive yRange',
    );
    expect(() => new Figure().toSvg()).to.throw(ArgumentError, 'at least one panel');
    expect(() => new Figure({ columns: 0 })).to.throw(ArgumentError, 'columns');
    expect(() => new Figure().add(linePlot([{ y: [1, 2] }])).toPng(0)).to.throw(ArgumentError, 'scale');
  });
});

describe('colour ranges', () => {
  it('span all finite values of all arrays', () => {
    expect(colorRange([Float64Array.of(3, Number.NaN, 5), [-1, Number.POSITIVE_INFINITY]])).to.deep.equal([
      -1, 5,
    ]);
    expect(colorRange([1, 2, 7])).to.deep.equal([1, 7]);
    expect(colorRange([1, -7, 2], { symmetric: true })).to.deep.equal([-7, 7]);
  });

  it('are never empty', () => {
    expect(colorRange([])).to.deep.equal([0, 1]);
    expect(colorRange([0, 0])).to.deep.equal([-1, 1]);
    expect(colorRange([-4])).to.deep.equal([-6, -2]);
  });

  it('leave out a share of the extremes', () => {
    const values = Float64Array.from({ length: 1001 }, (_, k) => k);
    expect(colorRange(values, { clip: 10 })).to.deep.equal([50, 950]);
    expect(() => colorRange(values, { clip: 100 })).to.throw(ArgumentError, 'percent');
  });
});

describe('colour maps', () => {
  it('have their known colours at both ends and in the middle', () => {
    const ends = (name: Parameters<typeof colorMap>[0]): Rgb[] =>
      [0, 0.5, 1].map((v) => colorOf(colorMap(name), [0, 1], v));
    expect(ends('gray')).to.deep.equal([
      [0, 0, 0],
      [128, 128, 128],
      [255, 255, 255],
    ]);
    expect(ends('viridis')[0]).to.deep.equal([68, 1, 84]);
    const [low, middle, high] = ends('RdBu') as [Rgb, Rgb, Rgb];
    expect(low[2]).to.be.greaterThan(low[0]);
    expect(Math.min(...middle)).to.be.greaterThan(235);
    expect(high[0]).to.be.greaterThan(high[2]);
  });

  it('keep NaN apart from all of their colours', () => {
    for (const name of ['viridis', 'gray', 'terrain', 'seismic', 'RdBu', 'turbo', 'inferno'] as const) {
      const { table, nan } = colorMap(name);
      for (let k = 0; k < 256; k++) {
        const distance = Math.hypot(
          ...[0, 1, 2].map((i) => (table[3 * k + i] as number) - (nan[i] as number)),
        );
        expect(distance, `${name} ${k}`).to.be.greaterThan(25);
      }
    }
  });
});
