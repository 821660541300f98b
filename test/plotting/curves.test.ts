import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { ArgumentError, ShapeError } from '../../src/core/base/errors.js';
import { convergence, Figure, linePlot, type Panel, wiggle } from '../../src/plotting/index.js';
import { skip } from '../support/skip.js';

const svgOf = (panel: Panel): string => new Figure({ panelWidth: 200, panelHeight: 100 }).add(panel).toSvg();

/** The frame of the data and the points of each path with this stroke. */
function pathsOf(svg: string, stroke = '[^"]*') {
  const frame = /<clipPath[^>]*><rect x="([\d.]+)" y="([\d.]+)"/.exec(svg);
  const [left, top] = [Number(frame?.[1]), Number(frame?.[2])];
  const paths = [...svg.matchAll(new RegExp(`<path d="([^"]*)" fill="none" stroke="${stroke}"`, 'g'))];
  return paths.map(([, d]) =>
    [...(d as string).matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => [
      Number(x) - left,
      Number(y) - top,
    ]),
  );
}

describe('curves of many points', () => {
  it('keep the peaks, and few points', () => {
    const y = Float64Array.from({ length: 100_000 }, (_, k) =>
      k === 70_001 ? 5 : k === 3 ? -4 : Math.sin(k),
    );
    const [path] = pathsOf(
      svgOf(linePlot([{ y }], { resolution: 200, xRange: [0, 100_000], yRange: [-5, 5] })),
    );
    expect(path).to.have.length(200);
    const heights = (path as number[][]).map(([, b]) => b as number);
    expect(Math.min(...heights)).to.equal(0);
    expect(Math.max(...heights)).to.equal(90);
    const peak = path?.find(([, b]) => b === 0)?.[0];
    expect(peak).to.be.closeTo(140, 0.01);
    // in the order of the points
    const places = (path as number[][]).map(([a]) => a as number);
    expect(places).to.deep.equal([...places].sort((a, b) => a - b));
  });

  it('have all points where these are few', () => {
    const [path] = pathsOf(svgOf(linePlot([{ y: [0, 1, 2, 3, 4], x: [0, 1, 4, 9, 16] }], { resolution: 5 })));
    expect(path).to.have.length(5);
    expect(path?.map(([x]) => x)).to.deep.equal([0, 12.5, 50, 112.5, 200]);
  });

  it('leave gaps where there is no number only', () => {
    const y = Array.from({ length: 40 }, (_, k) =>
      k >= 16 && k < 24 ? Number.NaN : k % 4 === 1 ? Number.NaN : k,
    );
    const svg = svgOf(linePlot([{ y, color: '#123456' }], { resolution: 20 }));
    expect(svg).to.not.include('NaN');
    const d = /<path d="([^"]*)" fill="none" stroke="#123456"/.exec(svg)?.[1] ?? '';
    expect(d.match(/M/g)).to.have.length(2);
    expect(pathsOf(svg, '#123456')[0]).to.have.length(16);
  });
});

describe('wiggles', () => {
  const axes = [
    { label: 'offset [m]', step: 25 },
    { label: 'time [s]', step: 0.5 },
  ] as const;

  it('draw each trace at its place, and fill what is positive', () => {
    // the first trace is 2, −2, 2; the second 0, 1, 0
    const svg = svgOf(wiggle([2, -2, 2, 0, 1, 0], [2, 3], { axes, title: 'Shot', color: '#010203' }));
    const [path] = pathsOf(svg, '#010203');
    // 200 pixels, from one distance before the first of two traces to one after the last
    const unit = 200 / 3;
    const expected = [2 * unit, 0, 2 * unit, 2 * unit, 2.5 * unit, 2 * unit];
    path?.forEach(([x], k) => {
      expect(x).to.be.closeTo(expected[k] as number, 0.02);
    });
    expect(path).to.have.length(6);
    const times = [100 / 6, 50, 500 / 6];
    expect(path?.map(([, y]) => y)).to.deep.equal([...times, ...times].map((t) => Math.round(100 * t) / 100));
    const filled = /<path d="([^"]*)" fill="#010203" stroke="none"/.exec(svg)?.[1] ?? '';
    // lobes: before the first crossing, after the second, and the whole of the second trace
    expect(filled.match(/M/g)).to.have.length(3);
    const frame = /<clipPath[^>]*><rect x="([\d.]+)" y="([\d.]+)"/.exec(svg);
    const zero = Number(frame?.[2]) + (times[0] as number) / 2 + 25;
    expect(filled).to.include(
      `L${Math.round(100 * (Number(frame?.[1]) + unit)) / 100} ${Math.round(100 * zero) / 100}Z`,
    );
    for (const text of ['offset [m]', 'time [s]', 'Shot']) expect(svg).to.include(`>${text}<`);
  });

  it('leave out traces beyond their number, and NaN', () => {
    const values = Float64Array.from({ length: 300 }, (_, k) => (k === 4 ? Number.NaN : 1 + (k % 3)));
    const svg = svgOf(wiggle(values, [100, 3], { traces: 30, color: '#010203' }));
    const [path] = pathsOf(svg, '#010203');
    expect(path).to.have.length(3 * 25);
    expect(svg).to.not.include('NaN');
    const all = svgOf(wiggle(values.subarray(0, 6), [2, 3], { color: '#010203' }));
    expect(pathsOf(all, '#010203')[0]).to.have.length(5);
  });

  it('refuse arguments that do not fit', () => {
    expect(() => wiggle([1, 2], [1, 3])).to.throw(ShapeError, 'expected 3 values');
    expect(() => wiggle([1, 2], [2, 0])).to.throw(ShapeError, 'two positive integers');
    expect(() => wiggle([1, 2], [1, 2], { gain: 0 })).to.throw(ArgumentError, 'gain');
    expect(() => wiggle([1, 2], [1, 2], { traces: 0 })).to.throw(ArgumentError, 'traces');
    expect(() => wiggle([1, 2], [1, 2], { axes: [{}] as never })).to.throw(ArgumentError, 'axes to be 2');
    expect(() => wiggle([1, 2], [1, 2], { wide: 1 } as object)).to.throw(ArgumentError, "'wide'");
  });
});

describe('convergence', () => {
  it('shows results, costs and costs by iteration, with a label each', () => {
    const svg = svgOf(
      convergence(
        {
          CGLS: { x: 0, cost: [1000, 10, 1] } as { cost: number[] },
          FISTA: Float64Array.of(1000, 10, 1),
          resumed: new Map([
            [1, 10],
            [2, 1],
          ]),
        },
        { target: 5 },
      ),
    );
    const paths = pathsOf(svg);
    expect(paths.map((p) => p.length)).to.deep.equal([3, 3, 2, 2]);
    expect(paths[2]?.[0]).to.deep.equal(paths[0]?.[1]);
    expect(paths[0]).to.deep.equal(paths[1]);
    // curves that coincide have different widths, the widest below
    const widths = [...svg.matchAll(/fill="none" stroke="[^"]*" stroke-width="([\d.]+)"/g)].map(([, w]) =>
      Number(w),
    );
    expect(widths.slice(0, 3)).to.deep.equal([3.9, 2.7, 1.5]);
    for (const text of ['CGLS', 'FISTA', 'resumed', 'target', 'iteration', 'cost', 'Convergence', '10²'])
      expect(svg).to.include(`>${text}<`);
    expect(svg).to.include('stroke-dasharray="5 3"');
  });

  it('divides by the first cost, and needs no name', () => {
    const svg = svgOf(convergence([50, 5, 0.5], { relative: true, title: 'Misfit' }));
    const [path] = pathsOf(svg);
    const [[, first] = [], [, second] = [], [, third] = []] = path as number[][];
    expect((second as number) - (first as number)).to.be.closeTo(
      (third as number) - (second as number),
      0.02,
    );
    expect(svg).to.include('>10⁻²<').and.to.include('>cost / first cost<').and.to.include('>Misfit<');
  });

  it('refuses what is not a history', () => {
    expect(() => convergence({})).to.throw(ArgumentError, 'several of them by name');
    expect(() => convergence(3 as never)).to.throw(ArgumentError, 'received 3');
    expect(() => convergence({ a: 'x' as never })).to.throw(ArgumentError, 'expected a to be');
    expect(() => convergence(['x'] as never)).to.throw(ArgumentError, 'the costs of');
    expect(() => convergence([1], { target: 0 })).to.throw(ArgumentError, 'target');
    expect(() => convergence([1], { relative: 1 as never })).to.throw(ArgumentError, 'relative');
  });
});

describe('show', () => {
  const figure = (): Figure => new Figure({ title: 'a < b' }).add(linePlot([{ y: [1, 2] }]));

  /** Runs `body` with another environment and collects what is printed. */
  async function within(
    values: Record<string, string | undefined>,
    body: () => void | Promise<void>,
  ): Promise<string[]> {
    const before = { ...process.env };
    const log = console.log;
    const printed: string[] = [];
    console.log = (text: string) => printed.push(text);
    for (const [name, value] of Object.entries(values))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    try {
      await body();
    } finally {
      console.log = log;
      for (const name of Object.keys(values))
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
    }
    return printed;
  }

  it('prints the path of a page with the figure where there is no display', async function () {
    if (process.platform !== 'linux') skip(this, 'xdg-open is for Linux');
    let path: string | undefined;
    const printed = await within({ DISPLAY: undefined, WAYLAND_DISPLAY: undefined }, () => {
      path = figure().show();
    });
    try {
      expect(printed).to.deep.equal([path]);
      const page = readFileSync(path as string, 'utf8');
      expect(page).to.include('<title>a &lt; b</title>').and.to.include(figure().toSvg());
    } finally {
      rmSync(dirname(path as string), { recursive: true });
    }
  });

  it('opens that page with xdg-open where there is a display, or prints its path', async function () {
    if (process.platform !== 'linux') skip(this, 'xdg-open is for Linux');
    const folder = mkdtempSync(join(tmpdir(), 'lops-show-'));
    const [program, seen] = [join(folder, 'xdg-open'), join(folder, 'seen')];
    let [path, lost]: (string | undefined)[] = [];
    try {
      writeFileSync(
        program,
        `#!/bin/sh\nprintf '%s' "$1" > '${seen}.part' && /bin/mv '${seen}.part' '${seen}'\n`,
      );
      chmodSync(program, 0o755);
      const printed = await within({ DISPLAY: ':7', PATH: folder }, async () => {
        path = figure().show();
        for (let k = 0; k < 200 && !existsSync(seen); k++) await wait(25);
      });
      expect(readFileSync(seen, 'utf8')).to.equal(path);
      expect(printed).to.deep.equal([]);
      rmSync(program);
      const fallen = await within({ DISPLAY: ':7', PATH: folder }, async () => {
        lost = figure().show();
        await wait(200);
      });
      expect(fallen).to.deep.equal([lost]);
    } finally {
      rmSync(folder, { recursive: true });
      for (const made of [path, lost]) if (made) rmSync(dirname(made), { recursive: true });
    }
  });
});
