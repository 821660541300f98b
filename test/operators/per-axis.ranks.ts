import { expect } from 'chai';
import { ArgumentError, type LopsError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import type { AnyVector } from '../../src/core/vector/vector.js';
import {
  FFT2D,
  FFTND,
  FirstDirectionalDerivative,
  Gradient,
  Laplacian,
  SecondDirectionalDerivative,
} from '../../src/local/index.js';
import { MPIFFT2D, MPIFFTND, MPIGradient, MPILaplacian } from '../../src/operators/index.js';
import { distributed, group } from '../support/distributed.js';

// biome-ignore lint/suspicious/noExplicitAny: operators of any vectors, with wrong options
type Make = (options: any) => LinearOperator<any, any>;

const DIMS = [6, 4];
const FOURIER = { sampling: 0.5, nffts: 8, ifftshiftBefore: true, fftshiftAfter: true };
/** Operators of {@link DIMS}, and a value for each option that accepts one value for both axes. */
const OPERATORS: Readonly<Record<string, readonly [Make, Readonly<Record<string, number | boolean>>]>> = {
  Laplacian: [(options) => new Laplacian(DIMS, options), { weights: 2, sampling: 0.5 }],
  MPILaplacian: [(options) => new MPILaplacian(DIMS, options), { weights: 2, sampling: 0.5 }],
  Gradient: [(options) => new Gradient(DIMS, options), { sampling: 0.5 }],
  MPIGradient: [(options) => new MPIGradient(DIMS, options), { sampling: 0.5 }],
  FirstDirectionalDerivative: [
    (options) => new FirstDirectionalDerivative(DIMS, [1, 2], options),
    { sampling: 0.5 },
  ],
  SecondDirectionalDerivative: [
    (options) => new SecondDirectionalDerivative(DIMS, [1, 2], options),
    { sampling: 0.5 },
  ],
  FFT2D: [(options) => new FFT2D(DIMS, options), FOURIER],
  MPIFFT2D: [(options) => new MPIFFT2D(DIMS, options), FOURIER],
  FFTND: [(options) => new FFTND(DIMS, { axes: [0, 1], ...options }), FOURIER],
  MPIFFTND: [(options) => new MPIFFTND(DIMS, { axes: [0, 1], ...options }), FOURIER],
};

/**
 * The numbers that an operator computes from a random vector, and its frequencies if it has any.
 */
function numbersOf(A: LinearOperator<AnyVector, AnyVector>): number[] {
  const y = A.matvec(A.domain().random(3));
  const { fs = [] } = A as { readonly fs?: readonly Float64Array[] };
  const parts = 'arrays' in y ? (y.arrays as DistributedArray[]) : [y];
  return [...parts, ...fs].flatMap((part) =>
    part instanceof Float64Array
      ? [...part]
      : [
          ...(part instanceof DistributedArray
            ? part.asArray()
            : (part as unknown as { toHost(): Float64Array })
          ).toHost(),
        ],
  );
}

group('one value, or one for each axis', () => {
  for (const [name, [make, options]] of Object.entries(OPERATORS))
    for (const [option, value] of Object.entries(options)) {
      distributed(`${name}: ${option}`, { ranks: [1, 2], backends: ['cpu'] }, () => {
        const [one, list] = [make({ [option]: value }), make({ [option]: [value, value] })];
        const absent = make({});
        expect(numbersOf(one)).to.deep.equal(numbersOf(list));
        expect(numbersOf(one)).to.not.deep.equal(numbersOf(absent));
        const wrong: readonly [unknown, new (...args: never[]) => LopsError, RegExp][] = [
          [[value], ShapeError, new RegExp(`^${name}: expected ${option} for 2 axes, received 1$`)],
          [[value, value, value], ShapeError, /for 2 axes, received 3$/],
          ['two', ArgumentError, new RegExp(`^${name}: expected ${option} to be a \\w+ or a list of them`)],
          [[value, 'two'], ArgumentError, new RegExp(`^${name}: expected .* for ${option}, received .two.$`)],
        ];
        for (const [bad, kind, message] of wrong)
          expect(() => make({ [option]: bad }), String(bad)).to.throw(kind, message);
      });
    }
});
