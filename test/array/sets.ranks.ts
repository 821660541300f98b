import { expect } from 'chai';
import * as xp from '../../src/array/index.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { DTypeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { distributed, group } from '../support/distributed.js';
import { expectAllThrow, layoutsOf, placed, traffic } from '../support/vectors.js';

const whole = (x: xp.EitherArray): NDArray => (x instanceof DistributedArray ? x.asArray() : (x as NDArray));

/** What NumPy returns, by sets. */
function expected(a: readonly number[], b: readonly number[]): Record<string, number[]> {
  const [inA, inB] = [new Set(a), new Set(b)];
  const all = [...new Set([...a, ...b])].sort((x, y) => x - y);
  const those = (is: (v: number) => boolean): number[] => all.filter(is);
  return {
    union1d: all,
    intersect1d: those((v) => inA.has(v) && inB.has(v)),
    setdiff1d: those((v) => inA.has(v) && !inB.has(v)),
    setxor1d: those((v) => inA.has(v) !== inB.has(v)),
  };
}
const { union1d, intersect1d, setdiff1d, setxor1d } = xp;
const SETS = Object.entries({ union1d, intersect1d, setdiff1d, setxor1d });

group('sets', () => {
  distributed('of arrays in all layouts', ({ comm, dtypes }) => {
    const numbers = (n: number, step: number, m: number) =>
      Array.from({ length: n }, (_, i) => ((i * step) % m) - 3);
    for (const [a, b] of [
      [numbers(12, 7, 11), numbers(20, 3, 17)],
      [numbers(12, 5, 4), numbers(6, 1, 6)],
      [numbers(12, 1, 12), []],
      [numbers(6, 0, 1), numbers(12, 0, 1)],
    ] as const) {
      const wanted = expected(a, b);
      for (const dtype of dtypes.filter((d) => d !== 'bool')) {
        const [x, y] = [a, b].map((v) => NDArray.array(v.length > 0 ? [...v] : [], { dtype })) as [
          NDArray,
          NDArray,
        ];
        const table = x.reshape([2, x.size / 2]);
        const [first, ...rest] = layoutsOf(table.shape, comm.size).map((layout) =>
          placed(table, layout, comm),
        );
        const forms = dtype === 'int32' ? [first, rest.at(2), rest.at(-1)].filter((form) => form) : [first];
        const others = [y, placed(y, layoutsOf(y.shape, comm.size).at(-1) as never, comm)];
        for (const u of [x, ...forms] as xp.EitherArray[])
          for (const v of others)
            for (const [name, compute] of SETS) {
              const found = compute(u, v);
              const what = `${name} of ${dtype} ${u.space} and ${v.space}`;
              expect(found instanceof DistributedArray, what).to.equal(
                u instanceof DistributedArray || v instanceof DistributedArray,
              );
              const values = whole(found as xp.EitherArray);
              expect(values.dtype, what).to.equal(dtype);
              expect(Array.from(xp.real(values).toHost()), what).to.deep.equal(wanted[name]);
            }
      }
    }
  });

  distributed('send what their steps send', ({ comm, backend, dtypes }) => {
    const dtype = dtypes.includes('float64') ? 'float64' : 'float32';
    const [a, b] = [1, 2].map((seed) => DistributedArray.random([300], { seed, dtype, backend }));
    const [x, y] = [a, b] as [DistributedArray, DistributedArray];
    const sent = { messages: 0, reductions: 0, collectives: 0 };
    const counting = <R>(step: () => R): R => {
      let result: R | undefined;
      const own = traffic(comm, () => {
        result = step();
      });
      for (const key of Object.keys(sent) as (keyof typeof sent)[]) sent[key] += own[key];
      return result as R;
    };
    const parts = [x, y].map((each) => counting(() => xp.unique(each)));
    const both = counting(() => xp.concatenate(parts));
    const joined = { ...sent };
    counting(() => xp.unique(both));
    expect(traffic(comm, () => xp.union1d(x, y))).to.deep.equal(sent);
    Object.assign(sent, joined);
    const options = { returnIndex: true, returnCounts: true } as const;
    type Three = [xp.EitherArray, xp.EitherArray, xp.EitherArray];
    const [values, index, counts] = counting(() => xp.unique(both, options)) as Three;
    const found = { ...sent };
    const once = xp.equal(counts, 1);
    const isFirst = xp.less(index, (parts[0] as DistributedArray).globalShape[0] as number);
    // How many messages the choice sends depends on what is chosen
    for (const [compute, mask] of [
      [intersect1d, xp.equal(counts, 2)],
      [setdiff1d, xp.logicalAnd(once, isFirst)],
      [setxor1d, once],
    ] as const) {
      Object.assign(sent, found);
      counting(() => xp.getItem(values, [mask]));
      expect(traffic(comm, () => compute(x, y))).to.deep.equal(sent);
    }
  });

  distributed('compare values in the dtype of both', () => {
    // float32 holds only one of the two
    const [a, b] = [
      NDArray.fromHost(Int32Array.of(2 ** 24, 2 ** 24 + 1)),
      NDArray.array([5], { dtype: 'float32' }),
    ];
    expect(whole(xp.intersect1d(a, b)).toArray()).to.deep.equal([]);
    expect(whole(xp.setdiff1d(a, b)).toArray()).to.deep.equal([2 ** 24]);
    expect(whole(xp.setxor1d(a, b)).toArray()).to.deep.equal([5, 2 ** 24]);
  });

  distributed('of lists and flags have NaN once, and refuse mixed precision', ({ comm, dtypes }) => {
    expect(whole(xp.intersect1d([3, 1, 3], [[3], [4]])).toArray()).to.deep.equal([3]);
    expect(whole(xp.setdiff1d([true, false], [false])).toArray()).to.deep.equal([true]);
    const [a, b] = [NDArray.array([Number.NaN, 1, Number.NaN]), NDArray.array([Number.NaN, 2])];
    expect(whole(xp.union1d(a, b)).toArray()).to.deep.equal([1, 2, Number.NaN]);
    expect(whole(xp.intersect1d(a, b)).toArray()).to.deep.equal([Number.NaN]);
    expect(whole(xp.setdiff1d(a, b)).toArray()).to.deep.equal([1]);
    expect(whole(xp.setxor1d(a, b)).toArray()).to.deep.equal([1, 2]);
    if (dtypes.includes('float64'))
      for (const [, compute] of SETS)
        expectAllThrow(comm, () => compute(a.astype('float32'), b.astype('float64')), DTypeError);
  });
});
