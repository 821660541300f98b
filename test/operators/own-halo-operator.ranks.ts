import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import type { IndexBox } from '../../src/core/distributed/layout.js';
import { type BoxKernel, HaloOperator, type Reach } from '../../src/operators/base/halo-operator.js';
import { distributed, group } from '../support/distributed.js';
import { expectClose } from '../support/expect-close.js';
import { expectAllThrow } from '../support/vectors.js';

/** `y[i] = 2 x[i-1] + 3 x[i] + 5 x[i+1]`, zeros outside. */
class ThreePoints extends HaloOperator {
  constructor(n: number, reach: Reach = { before: [1], after: [1] }) {
    super({ dims: [n], dtype: 'float64' }, reach);
  }
  protected override kernel(direction: 'forward' | 'adjoint', from: IndexBox, to: IndexBox): BoxKernel {
    const [a, c] = direction === 'forward' ? [2, 5] : [5, 2];
    const shift = (to.start[0] as number) - (from.start[0] as number);
    return {
      run: (x, y) => {
        const [source, target] = [x, y].map((e) => e.storage.hostView(e.offset, e.size) as Float64Array);
        if (!source || !target) throw new Error('expected memory of this process');
        for (let i = 0; i < target.length; i++) {
          const k = i + shift;
          target[i] = a * (source[k - 1] ?? 0) + 3 * (source[k] as number) + c * (source[k + 1] ?? 0);
        }
      },
    };
  }
}

class Without extends HaloOperator {
  protected override kernel(): BoxKernel {
    return undefined as never;
  }
}

const CPU = { backends: ['cpu'] };

group('a halo operator of one’s own', () => {
  distributed('computes what its matrix does, and its adjoint', CPU, ({ comm }) => {
    for (const n of [1, 2, 7]) {
      const A = new ThreePoints(n);
      A.dotTest();
      const x = DistributedArray.random([n], { seed: n });
      const whole = x.asArray().toHost() as Float64Array;
      const expected = Float64Array.from(
        whole,
        (v, i) => 2 * (whole[i - 1] ?? 0) + 3 * v + 5 * (whole[i + 1] ?? 0),
      );
      expectClose(A.matvec(x).asArray().toHost() as Float64Array, expected, 1e-14, `${n} on ${comm.size}`);
    }
  });

  distributed(
    'a wrong reach is an error on any number of ranks, with the name of the class',
    CPU,
    ({ comm }) => {
      const wrong: readonly unknown[] = [
        undefined,
        { before: [1] },
        { before: 1, after: 1 },
        { before: [1, 1], after: [1] },
        { before: [-1], after: [1] },
        { before: [0.5], after: [1] },
      ];
      for (const reach of wrong) {
        const make = () => new Without({ dims: [5], dtype: 'float64' }, reach as Reach);
        expectAllThrow(comm, make, ArgumentError, JSON.stringify(reach));
        expect(make).to.throw('Without: the reach');
      }
    },
  );

  distributed('a kernel without run is named', CPU, () => {
    const A = new Without({ dims: [5], dtype: 'float64' }, { before: [1], after: [1] });
    expect(() => A.matvec(DistributedArray.ones([5]))).to.throw(
      ArgumentError,
      'Without: expected kernel() to return an object with run(x, y), received undefined',
    );
  });
});
