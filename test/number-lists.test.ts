import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeHistory } from '../src/cli/solver-log.js';
import { NDArray } from '../src/core/array/ndarray.js';
import type { NumberList } from '../src/core/array/number-list.js';
import { ArgumentError, DTypeError } from '../src/core/base/errors.js';
import { DistributedArray } from '../src/core/distributed/distributed-array.js';
import { setDefaultBackend } from '../src/core/ports/defaults.js';
import { toeplitzBand } from '../src/core/schemes/band.js';
import { createCpuBackend } from '../src/cpu/index.js';
import { readSegyTraces, writeSegyTraces } from '../src/io/index.js';
import * as local from '../src/local/index.js';
import { SelfCommunicator } from '../src/mpi/communicator/self-communicator.js';
import { ista } from '../src/optimization/index.js';
import { colorRange, Figure, heatMap, linePlot, type Panel } from '../src/plotting/index.js';

const svg = (panel: Panel): string => new Figure().add(panel).toSvg();

const WAVELET = Float64Array.of(0, 1, 0.5);
const AXES = local.makeaxis({ ox: 0, dx: 1, nx: 4, ot: 0, dt: 0.1, nt: 12 });

function inFolder<T>(body: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'lops-'));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a function computes with a list, a typed array or an array of these numbers. */
const CALLS: Readonly<
  Record<string, readonly [numbers: readonly number[], call: (list: NumberList) => unknown]>
> = {
  ricker: [[0, 0.1, 0.2], (t) => local.ricker(t)],
  gaussian: [[0, 0.1, 0.2], (t) => local.gaussian(t)],
  ormsby: [[0, 0.01, 0.02], (t) => local.ormsby(t)],
  'frequencies of ormsby': [
    [4, 9, 20, 30],
    (f) => local.ormsby([0, 0.01, 0.02], f as readonly [number, number, number, number]),
  ],
  klauder: [[0, 0.01, 0.02], (t) => local.klauder(t)],
  'frequencies of klauder': [[4, 9], (f) => local.klauder([0, 0.01, 0.02], f as readonly [number, number])],
  'weights of a taper': [[0.5, 1, 1, 1, 0.5], (w) => local.ricker([0, 0.1, 0.2], 10, () => w)],
  'parameters of events': [
    [0.1, 0.3],
    (t0) => local.linear2d(AXES.x, AXES.t, 100, t0, [5, 0], [1, 2], WAVELET).d.toArray(),
  ],
  colorRange: [[3, 1, 2], (values) => colorRange(values)],
  'colorRange of several': [[3, 1, 2], (values) => colorRange([values, [9]])],
  heatMap: [[1, 2, 3, 4], (values) => svg(heatMap(values, [2, 2]))],
  'y of linePlot': [[1, 2, 4], (y) => svg(linePlot([{ y }]))],
  'x of linePlot': [[1, 2, 4], (x) => svg(linePlot([{ x, y: [1, 0, 1] }]))],
  writeHistory: [
    [1, 0.5],
    (cost) =>
      inFolder((folder) => {
        writeHistory(join(folder, 'h.csv'), { cost });
        return readFileSync(join(folder, 'h.csv'), 'utf8');
      }),
  ],
  'decay of ista': [
    [1, 0.5],
    (decay) => {
      const A = new local.MatrixMult([
        [2, 1],
        [1, 3],
      ]);
      return ista(A, NDArray.array([1, 2]), { niter: 3, eps: 0.1, decay }).x.toArray();
    },
  ],
  'traces and headers of SEG-Y': [
    [2, 0],
    (numbers) =>
      inFolder((folder) => {
        const comm = new SelfCommunicator();
        const path = join(folder, 'x.sgy');
        const x = DistributedArray.ones([2, 3], { comm });
        writeSegyTraces(path, x, { headers: { offset: numbers }, sampleInterval: 0.001 });
        const offsets = readSegyTraces(path, { comm }).headers.offset.asArray().toArray();
        writeSegyTraces(path, DistributedArray.random([3, 3], { comm, seed: 1 }), { sampleInterval: 0.001 });
        return [offsets, readSegyTraces(path, { comm, traces: numbers }).data.asArray().toArray()];
      }),
  ],
  take: [[2, 0], (positions) => NDArray.arange(4).take(positions).toArray()],
  toeplitzBand: [[1, -2, 1], (taps) => toeplitzBand(-1, taps, 4, 4)],
};

describe('lists of numbers', () => {
  before(() => setDefaultBackend(createCpuBackend()));

  for (const [name, [numbers, call]] of Object.entries(CALLS)) {
    it(`may be arrays: ${name}`, () => {
      const expected = call(numbers);
      expect(call(NDArray.array(numbers as number[], { dtype: 'float64' }))).to.deep.equal(expected);
      expect(() => call(NDArray.array(numbers as number[], { dtype: 'complex128' }))).to.throw(
        DTypeError,
        'to be real, received complex128',
      );
      expect(() => call('1, 2' as never)).to.throw(ArgumentError);
    });
  }

  it('draw an array of two axes with its own shape', () => {
    const x = NDArray.array([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const title = 'x';
    expect(svg(heatMap(x, { title }))).to.equal(svg(heatMap([1, 2, 3, 4, 5, 6], [2, 3], { title })));
    expect(svg(heatMap(x))).to.equal(svg(heatMap(x, [2, 3])));
    expect(() => heatMap(NDArray.arange(3))).to.throw('a shape of two positive integers');
  });
});
