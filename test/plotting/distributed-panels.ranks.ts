import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { decode } from 'fast-png';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, DTypeError, ShapeError } from '../../src/core/base/errors.js';
import { product } from '../../src/core/base/shape.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import {
  colorMap,
  colorOf,
  communicationMatrix,
  Figure,
  heatMap,
  layoutMap,
  linePlot,
  type Panel,
  type Rgb,
  section,
  volume,
  wiggle,
} from '../../src/plotting/index.js';
import { distributed, group } from '../support/distributed.js';

type Image = ReturnType<typeof decode>;

const svgOf = (...panels: Panel[]): string => new Figure({ columns: 3 }).add(...panels).toSvg();
const imagesOf = (svg: string): Image[] =>
  [...svg.matchAll(/data:image\/png;base64,([^"]*)/g)].map(([, data]) =>
    decode(Buffer.from(data as string, 'base64')),
  );

/** The colour in the middle of a cell. */
function cell(image: Image | undefined, row: number, column: number, rows: number, columns: number): Rgb {
  if (!image) throw new Error('no image');
  const y = Math.floor(((row + 0.5) * image.height) / rows);
  const x = Math.floor(((column + 0.5) * image.width) / columns);
  const at = (y * image.width + x) * image.channels;
  return [...image.data.slice(at, at + 3)] as unknown as Rgb;
}

/** The values `(7 i) mod 31 − 11` in a layout, and the same on this rank. */
function valuesIn(comm: Communicator, layout: Layout): { x: DistributedArray; whole: NDArray } {
  const whole = NDArray.array(Array.from({ length: layout.size }, (_, i) => ((7 * i) % 31) - 11)).reshape(
    layout.globalShape,
  );
  return { x: DistributedArray.toDist(whole, { comm }).redistribute(layout), whole };
}

/** The bytes and messages that all ranks send while `body` runs, and its value. */
function sending<T>(comm: Communicator, body: () => T): { value: T; bytes: number[]; messages: number[] } {
  comm.counters.reset();
  const value = body();
  const { bytes, messages } = comm.counters;
  const all = comm.allgatherObject([bytes, messages]) as [number, number][];
  return { value, bytes: all.map(([b]) => b), messages: all.map(([, m]) => m) };
}

const layoutsFor = (shape: readonly number[], size: number): Layout[] => [
  ...shape.map((_, axis) => Layout.split(shape, size, axis)),
  ...(size === 4 ? [Layout.grid(shape, 4, [2, 2, ...shape.slice(2).map(() => 1)])] : []),
];

group('panels of distributed arrays', () => {
  distributed('show the picture of the gathered array, in every layout', ({ comm }) => {
    for (const layout of [...layoutsFor([9, 5], comm.size), Layout.replicated([9, 5], comm.size)])
      for (const options of [{}, { colorMap: 'RdBu', transpose: true } as const, { resolution: 4 }]) {
        const { x, whole } = valuesIn(comm, layout);
        const panel = heatMap(x, { title: 'x', colorBarLabel: 'v [m/s]', ...options });
        expect(panel.isRemote === true).to.equal(comm.rank > 0);
        if (comm.rank > 0) continue;
        expect(svgOf(panel)).to.equal(
          svgOf(heatMap(whole, { title: 'x', colorBarLabel: 'v [m/s]', ...options })),
        );
      }
  });

  distributed('show the mean of the numbers of each cell, across the borders of ranks', ({ comm }) => {
    const [rows, columns] = [8, 6] as const;
    const missing = [0, 1, 6, 7, 20];
    const host = Float32Array.from({ length: rows * columns }, (_, i) =>
      missing.includes(i) ? Number.NaN : (i * i) % 17,
    );
    for (const layout of layoutsFor([rows, columns], comm.size)) {
      const whole = NDArray.fromHost(host, [rows, columns]);
      const x = DistributedArray.toDist(whole, { comm }).redistribute(layout);
      const panel = heatMap(x, { resolution: 3 });
      if (comm.rank > 0) continue;
      const image = imagesOf(svgOf(panel))[0];
      for (let p = 0; p < 3; p++)
        for (let q = 0; q < 3; q++) {
          const [from, to] = [Math.floor((p * rows) / 3), Math.floor(((p + 1) * rows) / 3)];
          let [sum, count] = [0, 0];
          for (let i = from; i < to; i++)
            for (const value of host.slice(i * columns + 2 * q, i * columns + 2 * q + 2))
              if (!Number.isNaN(value)) [sum, count] = [sum + value, count + 1];
          const finite = host.filter(Number.isFinite);
          const range = [Math.min(...finite), Math.max(...finite)] as const;
          expect(cell(image, p, q, 3, 3), `cell ${p} ${q}`).to.deep.equal([
            ...colorOf(colorMap('viridis'), range, sum / count),
          ]);
        }
    }
  });

  distributed('send a picture, however large the array is', ({ comm, backend }) => {
    const { size } = comm;
    const [rows, columns, resolution] = [4000, 400, 10] as const;
    const x = DistributedArray.ones([rows, columns], { comm });
    const held = ({ liveBytes, pooledBytes } = backend.stats()): number => liveBytes + pooledBytes;
    const before = held();
    const download = backend.download;
    let [largest, copied] = [0, 0];
    backend.download = (elements) => {
      largest = Math.max(largest, elements.size);
      copied += elements.size;
      return download.call(backend, elements);
    };
    const { bytes, messages } = sending(comm, () => heatMap(x, { resolution }));
    backend.download = download;
    // rank r has the cells that its rows touch; each cell is a sum and a count
    const expected = Array.from({ length: size }, (_, r) => {
      const { start, shape } = x.layout.box(r);
      const [first, count] = [start[0] as number, shape[0] as number];
      const of = (i: number): number => Math.floor(((i + 1) * resolution - 1) / rows);
      return r === 0 ? 0 : 8 * (2 + 2 * resolution * (of(first + count - 1) - of(first) + 1));
    });
    expect(bytes).to.deep.equal(expected);
    expect(messages).to.deep.equal(expected.map((b) => (b > 0 ? 1 : 0)));
    // less than a hundredth of the array
    expect(Math.max(...bytes)).to.be.lessThan((8 * rows * columns) / 100);
    // each rank copies its part once, some rows at a time, and the backend allocates no more
    expect(copied).to.equal(x.local.size);
    expect(largest).to.be.at.most(2 ** 18);
    expect(held() - before).to.be.at.most(8 * 2 ** 18);
    // arrays that are on all ranks are not sent
    const everywhere = x.broadcast();
    expect(sending(comm, () => heatMap(everywhere, { resolution })).messages).to.deep.equal(
      messages.map(() => 0),
    );
  });

  distributed('draw sections of a volume from the ranks that have them', ({ comm }) => {
    const shape = [5, 4, 6] as const;
    for (const layout of layoutsFor(shape, comm.size)) {
      const { x, whole } = valuesIn(comm, layout);
      for (const [axis, index] of [
        [0, 3],
        [1, 0],
        [2, -1],
      ] as const) {
        const at = index < 0 ? index + shape[axis] : index;
        const { value: panel, messages } = sending(comm, () => section(x, { axis, index }));
        const holders = Array.from({ length: comm.size }, (_, r) => {
          const box = layout.box(r);
          const first = box.start[axis] as number;
          const isHolder = product(box.shape) > 0 && at >= first && at < first + (box.shape[axis] as number);
          return r > 0 && isHolder ? 1 : 0;
        });
        expect(messages).to.deep.equal(holders);
        if (comm.rank > 0) continue;
        const svg = svgOf(panel);
        expect(svg).to.equal(svgOf(section(whole, { axis, index })));
        const [a, b] = shape.filter((_, k) => k !== axis) as [number, number];
        const values = whole.slice(...shape.map((_, k) => (k === axis ? at : null))).toHost();
        const range = [Math.min(...values), Math.max(...values)] as const;
        const image = imagesOf(svg)[0];
        for (let i = 0; i < a; i++)
          for (let j = 0; j < b; j++) {
            const expected = colorOf(colorMap('viridis'), range, values[i * b + j] as number);
            const shown = axis === 2 ? cell(image, i, j, a, b) : cell(image, j, i, b, a);
            expect(shown).to.deep.equal([...expected]);
          }
      }
    }
  });

  distributed('draw three sections with one range, coordinates and lines of each other', ({ comm }) => {
    const layout = Layout.split([5, 4, 6], comm.size);
    const { x, whole } = valuesIn(comm, layout);
    const axes = [
      { label: 'y [m]', start: 100, step: 10 },
      { label: 'x [m]', step: 20 },
      { label: 'time [s]', step: 0.004 },
    ] as const;
    const options = { at: [3, 1, 5], axes, title: 'Model', colorBarLabel: 'v [m/s]' } as const;
    const panels = volume(x, options);
    expect(panels).to.have.length(3);
    if (comm.rank > 0) return;
    const svg = svgOf(...panels);
    expect(svg).to.equal(svgOf(...volume(whole, options)));
    for (const title of ['Model: y = 130 m', 'Model: x = 20 m', 'Model: time = 0.02 s'])
      expect(svg).to.include(`>${title}<`);
    expect(svg.match(/stroke-dasharray="4 3"/g)).to.have.length(6);
    expect(svg.match(/>v \[m\/s\]</g)).to.have.length(3);
    // one range: the same ticks beside all colour bars
    const [front, , , , top] = imagesOf(svg);
    const slices = [whole.slice(3), whole.slice(null, 1), whole.slice(null, null, 5)].map((s) => s.toHost());
    const range = [
      Math.min(...slices.flatMap((s) => [...s])),
      Math.max(...slices.flatMap((s) => [...s])),
    ] as const;
    const color = (i: number, j: number, k: number): number[] => [
      ...colorOf(colorMap('viridis'), range, Number(whole.get(i, j, k))),
    ];
    expect(cell(front, 2, 0, 6, 4)).to.deep.equal(color(3, 0, 2));
    expect(cell(top, 4, 2, 5, 4)).to.deep.equal(color(4, 2, 5));
  });

  distributed('are written by rank 0 only', ({ comm }) => {
    const folder = comm.bcastObject(comm.rank === 0 ? mkdtempSync(join(tmpdir(), 'lops-panels-')) : '');
    const figure = new Figure().add(heatMap(DistributedArray.ones([4, 3], { comm })));
    expect(figure.isRemote).to.equal(comm.rank > 0);
    figure.writePng(join(folder, `${comm.rank}.png`));
    figure.writeSvg(join(folder, `${comm.rank}.svg`));
    if (comm.rank > 0) expect(() => figure.toSvg()).to.throw(ArgumentError, 'on rank 0');
    comm.barrier();
    expect(readdirSync(folder).sort()).to.deep.equal(['0.png', '0.svg']);
    comm.barrier();
    if (comm.rank === 0) rmSync(folder, { recursive: true });
  });

  distributed('refuse wrong arguments on all ranks, also those of one rank', ({ comm }) => {
    const x = DistributedArray.ones([4, 3], { comm });
    const cube = DistributedArray.ones([4, 3, 2], { comm });
    const isLast = comm.rank === comm.size - 1;
    expect(() => heatMap(cube)).to.throw(ShapeError, 'array of 2 axes');
    expect(() => heatMap(DistributedArray.ones([4, 3], { comm, dtype: 'complex64' }))).to.throw(
      DTypeError,
      'abs()',
    );
    expect(() => heatMap(DistributedArray.ones([4, 0], { comm }))).to.throw(ShapeError, 'with elements');
    expect(() => heatMap(x, { resolution: 0 })).to.throw(ArgumentError, 'resolution');
    expect(() => heatMap(x, { title: isLast ? (3 as never) : 'x' })).to.throw(ArgumentError, 'title');
    expect(() => section(x)).to.throw(ShapeError, 'array of 3 axes');
    expect(() => section(cube, { axis: 3 })).to.throw(ArgumentError, 'axis');
    expect(() => section(cube, { index: isLast ? 4 : 0 })).to.throw(ArgumentError, 'index');
    expect(() => volume(cube, { at: [0, 0, 2] })).to.throw(ArgumentError, 'the index of axis 2');
    expect(() => volume(cube, { at: [0, 0] as never })).to.throw(ArgumentError, 'three indices');
    expect(() => volume(cube, { axes: [{}, {}, { step: 0 }] })).to.throw(ArgumentError, 'step');
    expect(() => section([1] as never)).to.throw(ArgumentError, 'an NDArray or a DistributedArray');
    expect(() => communicationMatrix(comm, { title: isLast ? (3 as never) : 'x' })).to.throw(
      ArgumentError,
      'title',
    );
    if (comm.size === 1) return;
    expect(() => communicationMatrix(comm, { quantity: isLast ? 'bytes' : 'messages' })).to.throw(
      ArgumentError,
      'one quantity on all ranks',
    );
    expect(() => heatMap(x, { resolution: isLast ? 8 : 9 })).to.throw(
      ArgumentError,
      'one resolution on all ranks',
    );
    expect(() => section(cube, { index: isLast ? 1 : 0 })).to.throw(ArgumentError, 'places');
  });
});

group('curves of distributed arrays', () => {
  distributed('are those of the gathered array, if points are few', ({ comm }) => {
    for (const layout of [
      Layout.split([23], comm.size),
      Layout.split([2], comm.size),
      Layout.replicated([23], comm.size),
    ]) {
      const { x, whole } = valuesIn(comm, layout);
      const places = Float64Array.from({ length: layout.size }, (_, k) => k * k);
      const list = { y: [1, 2, 3], label: 'list' };
      const panel = linePlot([list, { y: x, x: places, label: 'x' }, { y: x }]);
      expect(panel.isRemote === true).to.equal(comm.rank > 0);
      if (comm.rank > 0) continue;
      expect(svgOf(panel)).to.equal(
        svgOf(linePlot([list, { y: whole, x: places, label: 'x' }, { y: whole.toHost() }])),
      );
    }
  });

  distributed('send the extremes of runs, and keep each peak', ({ comm, backend }) => {
    const { size } = comm;
    const n = 700_000;
    const x = DistributedArray.zeros([n], { comm });
    const peaks = [5, 123_457, 699_998];
    for (const k of peaks) x.set([k], 9);
    const download = backend.download;
    let largest = 0;
    backend.download = (elements) => {
      largest = Math.max(largest, elements.size);
      return download.call(backend, elements);
    };
    const { value: panel, bytes } = sending(comm, () =>
      linePlot([{ y: x, color: '#abcdef' }], { resolution: 120, yRange: [0, 10], xRange: [0, n] }),
    );
    backend.download = download;
    expect(largest).to.be.at.most(2 ** 18);
    // sixty runs, shared by the ranks; two points of 16 bytes of each
    for (let r = 1; r < size; r++)
      expect(bytes[r]).to.equal(32 * Math.floor((60 * x.layout.localSize(r)) / n));
    expect(bytes[0]).to.equal(0);
    if (comm.rank > 0) return;
    const svg = svgOf(panel);
    const left = Number(/<clipPath[^>]*><rect x="([\d.]+)"/.exec(svg)?.[1]);
    const d = /<path d="([^"]*)" fill="none" stroke="#abcdef"/.exec(svg)?.[1] ?? '';
    const points = [...d.matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(
      ([, a, b]) => [Number(a) - left, Number(b)] as const,
    );
    const top = Math.min(...points.map(([, b]) => b));
    const shown = points.filter(([, b]) => b === top).map(([a]) => a);
    expect(shown).to.have.length(peaks.length);
    shown.forEach((a, k) => {
      expect(a).to.be.closeTo((240 * (peaks[k] as number)) / n, 0.011);
    });
  });

  distributed('of seismic traces come from the ranks that have them, in every layout', ({ comm }) => {
    for (const layout of layoutsFor([9, 40], comm.size)) {
      const { x, whole } = valuesIn(comm, layout);
      const { value: panel, bytes } = sending(comm, () => wiggle(x, { traces: 3, title: 'Shot' }));
      const expected = Array.from({ length: comm.size }, (_, r) => {
        const { start, shape } = layout.box(r);
        const [first, count, samples] = [start[0] as number, shape[0] as number, shape[1] as number];
        return r === 0 ? 0 : 16 * samples * [0, 3, 6].filter((t) => t >= first && t < first + count).length;
      });
      expect(bytes).to.deep.equal(expected);
      const few = wiggle(x, { resolution: 10 });
      if (comm.rank > 0) continue;
      expect(svgOf(panel)).to.equal(svgOf(wiggle(whole.toHost(), [9, 40], { traces: 3, title: 'Shot' })));
      expect(svgOf(few).match(/[ML]/g)?.length).to.be.below(40 * 9 * 2);
    }
  });

  distributed('refuse wrong arguments on all ranks, also those of one rank', ({ comm }) => {
    const isLast = comm.rank === comm.size - 1;
    const x = DistributedArray.ones([12], { comm });
    const table = DistributedArray.ones([4, 3], { comm });
    expect(() => linePlot([{ y: table }])).to.throw(ShapeError, 'array of 1 axis');
    expect(() => linePlot([{ y: DistributedArray.ones([4], { comm, dtype: 'complex64' }) }])).to.throw(
      DTypeError,
    );
    expect(() => linePlot([{ y: x, x: [1, 2] }])).to.throw(ShapeError, 'received 2 and 12');
    expect(() => linePlot([{ y: x }], { title: isLast ? (3 as never) : 'x' })).to.throw(
      ArgumentError,
      'title',
    );
    expect(() => wiggle(x)).to.throw(ShapeError, 'array of 2 axes');
    expect(() => wiggle(table, { gain: isLast ? -1 : 1 })).to.throw(ArgumentError, 'gain');
    if (comm.size === 1) return;
    expect(() => linePlot([{ y: x }], { resolution: isLast ? 8 : 9 })).to.throw(
      ArgumentError,
      'one resolution',
    );
    expect(() => wiggle(table, { traces: isLast ? 8 : 9 })).to.throw(ArgumentError, 'one traces');
  });
});

group('maps of layouts', () => {
  const rankColor = (size: number, rank: number): Rgb =>
    colorOf(colorMap('turbo'), [0, 1], (rank + 0.5) / size);

  distributed('have the colour and the number of the owner in every block, without messages', ({ comm }) => {
    const { size } = comm;
    for (const layout of [...layoutsFor([7, 5], size), ...layoutsFor([7, 5, 3], size)]) {
      const { value: panel, messages } = sending(comm, () => layoutMap(layout, { xLabel: 'column' }));
      expect(messages).to.deep.equal(messages.map(() => 0));
      const svg = svgOf(panel);
      const [shown] = imagesOf(svg);
      // the two axes with the most blocks
      const [a, b] = layout.grid.length > 2 && (layout.grid[2] as number) > 1 ? [0, 2] : [0, 1];
      const [rows, columns] = [layout.globalShape[a as number], layout.globalShape[b as number]] as [
        number,
        number,
      ];
      for (let r = 0; r < size; r++) {
        const { start, shape } = layout.box(r);
        if (product(shape) === 0) continue;
        const [i, j] = [start[a as number] as number, start[b as number] as number];
        expect(cell(shown, i, j, rows, columns), `rank ${r}`).to.deep.equal(rankColor(size, r));
        const end = [i + (shape[a as number] as number) - 1, j + (shape[b as number] as number) - 1] as const;
        expect(cell(shown, ...end, rows, columns), `rank ${r}`).to.deep.equal(rankColor(size, r));
        expect(svg).to.match(new RegExp(`text-anchor="middle" fill="#[0-9a-f]{6}">${r}<`));
      }
      expect(svg).to.include('>column<').and.to.include('>Rank<');
    }
  });

  distributed('show owners and no means of ranks where there are more rows than pixels', ({ comm }) => {
    const layout = Layout.split([4001, 3], comm.size);
    const [shown] = imagesOf(svgOf(layoutMap(layout)));
    const allowed = new Set(Array.from({ length: comm.size }, (_, r) => rankColor(comm.size, r).join()));
    const { width, height, channels, data } = shown as Image;
    for (let k = 0; k < width * height; k++) {
      const color = [...data.slice(k * channels, k * channels + 3)].join();
      if (!allowed.has(color)) expect.fail(`pixel ${k} has ${color}`);
    }
  });

  distributed('refuse what has no owners', ({ comm }) => {
    expect(() => layoutMap(Layout.replicated([3], comm.size))).to.throw(ArgumentError, 'every rank');
    expect(() => layoutMap(Layout.split([0], comm.size))).to.throw(ShapeError, 'elements');
    expect(() => layoutMap(3 as never)).to.throw(ArgumentError, 'a Layout');
    expect(() => layoutMap(Layout.split([3, 3], comm.size), { axes: [0, 0] })).to.throw(
      ArgumentError,
      'axes',
    );
  });
});

group('communication matrices', () => {
  distributed('show the bytes and the messages that each rank sent to each other', ({ comm, skip }) => {
    const { rank, size } = comm;
    if (size === 1) skip('no messages');
    comm.counters.reset();
    // rank r sends 128 (r + 1) doubles to the next rank, twice
    const [next, before] = [(rank + 1) % size, (rank + size - 1) % size];
    for (let k = 0; k < 2; k++)
      comm.sendrecv(new Float64Array(128 * (rank + 1)), next, new Float64Array(128 * (before + 1)), before);
    expect(comm.counters.sentTo(next)).to.deep.equal({ messages: 2, bytes: 2048 * (rank + 1) });
    expect(comm.counters.sentTo(rank)).to.deep.equal({ messages: 0, bytes: 0 });
    const bytes = communicationMatrix(comm);
    const messages = communicationMatrix(comm, { quantity: 'messages', title: 'Ring' });
    expect(comm.counters.messages).to.equal(2);
    comm.counters.reset();
    expect(comm.counters.sentTo(next)).to.deep.equal({ messages: 0, bytes: 0 });
    expect(bytes.isRemote === true).to.equal(rank > 0);
    if (rank > 0) return;
    const svg = svgOf(bytes, messages);
    const [ofBytes, , ofMessages] = imagesOf(svg);
    const map = colorMap('viridis');
    for (let from = 0; from < size; from++)
      for (let to = 0; to < size; to++) {
        const isSent = to === (from + 1) % size;
        const expected = (range: readonly [number, number], value: number): Rgb =>
          isSent ? colorOf(map, range, value) : map.nan;
        expect(cell(ofBytes, from, to, size, size)).to.deep.equal([
          ...expected([0, 2 * size], 2 * (from + 1)),
        ]);
        expect(cell(ofMessages, from, to, size, size)).to.deep.equal([...expected([0, 2], 2)]);
      }
    for (const text of ['sent [KiB]', 'messages', 'from rank', 'to rank', 'Ring', String(2 * size)])
      expect(svg).to.include(`>${text}<`);
  });
});
