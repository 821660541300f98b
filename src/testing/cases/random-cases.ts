import { type DType, isFloat, realOf } from '../../core/base/dtype.js';
import { DISTRIBUTIONS, type Distribution } from '../../core/base/random.js';
import { product, type Shape, stridesOf } from '../../core/base/shape.js';
import { hasRandomDType } from '../../core/ports/random-draws.js';
import { type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

/** Boxes in global arrays: whole arrays, rows, columns, single elements, and far beyond 2³². */
const BOXES: readonly { readonly global: Shape; readonly start: Shape; readonly shape: Shape }[] = [
  { global: [0], start: [0], shape: [0] },
  { global: [1], start: [0], shape: [1] },
  { global: [1003], start: [0], shape: [1003] },
  { global: [1003], start: [77], shape: [401] },
  { global: [2 ** 40, 3], start: [2 ** 39 + 5, 0], shape: [11, 3] },
  { global: [40, 9], start: [3, 2], shape: [30, 3] },
  { global: [40, 9], start: [0, 4], shape: [40, 1] },
  { global: [5, 6, 7], start: [1, 0, 1], shape: [3, 6, 5] },
  { global: [2, 3, 2, 3, 2], start: [0, 1, 0, 1, 0], shape: [2, 2, 1, 2, 2] },
];

type Parameters = readonly [number, number];
const PARAMETERS: Readonly<Record<Distribution, readonly Parameters[]>> = {
  uniform: [
    [0, 1],
    [-2.5, 7],
  ],
  normal: [
    [0, 1],
    [3, 0.1],
  ],
  integers: [
    [0, 2],
    [-5, 11],
    [-(2 ** 31), 2 ** 32],
  ],
  exponential: [[2.5, 0]],
  gamma: [
    [0.3, 1],
    [1, 2],
    [7.5, 0.5],
    [Number.NaN, 1],
  ],
  poisson: [
    [0, 0],
    [0.7, 0],
    [9.9, 0],
    [10, 0],
    [1234.5, 0],
    [2e9, 0],
    [-1, 0],
  ],
};

/** Several numbers for the parameters of elements. */
const VARYING: Readonly<Record<Distribution, Parameters>> = {
  uniform: [-1, 3],
  normal: [-2, 2],
  integers: [0, 0],
  exponential: [0, 4],
  gamma: [0, 6],
  poisson: [0, 30],
};

function randomCases(dtype: DType): KernelCase[] {
  const make = new Operands(411);
  const distributions = DISTRIBUTIONS.filter((name) => hasRandomDType(name, dtype));
  return distributions.flatMap((distribution) => {
    const draws = BOXES.map(({ global, start, shape }, k) => {
      const strides = stridesOf(global);
      const first = start.reduce((at, i, axis) => at + i * (strides[axis] as number), 0);
      return { distribution, seed: 2 ** 33 + 17 * k, draw: k, shape, start: first, strides };
    });
    const fits = ([low, count]: Parameters): boolean => dtype !== 'bool' || (low === 0 && count <= 2);
    const constant = PARAMETERS[distribution].filter(fits).flatMap((parameters) =>
      draws.map(
        (draw): KernelCase => ({
          title: `${distribution}(${parameters}) for [${draw.shape}] from ${draw.start} on`,
          operands: [make.out(dtype, product(draw.shape), 2)],
          ulps: 0,
          run: (b, e) => void b.random(e[0], { ...draw, parameters }),
        }),
      ),
    );
    if (distribution === 'integers') return constant;
    const [least, most] = VARYING[distribution];
    const real = isFloat(dtype) ? realOf(dtype) : 'float32';
    const varying = draws.map((draw): KernelCase => {
      const n = product(draw.shape);
      const values = (period: number): number[] =>
        Array.from({ length: n }, (_, i) => least + ((i % period) / period) * (most - least));
      return {
        title: `${distribution} with arrays of parameters for [${draw.shape}]`,
        operands: [make.out(dtype, n, 1), make.in(real, n, 3, values(13)), make.in(real, n, 0, values(7))],
        ulps: 0,
        run: (b, [y, p, q]) =>
          void b.random(y, { ...draw, parameters: [p, distribution === 'poisson' ? 0 : q] }),
      };
    });
    return [...constant, ...varying];
  });
}

export const randomCasesByDType: readonly KernelCases[] = [{ kernel: 'random', cases: randomCases }];
