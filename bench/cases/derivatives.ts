import {
  COMM_WORLD,
  DistributedArray,
  type LinearOperator,
  MPIFirstDerivative,
  MPIGradient,
  MPIHalo,
  MPILaplacian,
  MPISecondDerivative,
  type Space,
  type Vector,
} from 'lops-mpi';
import type { BenchCase, Details, Work } from '../case.js';

const BLOCK = [96, 512, 512] as const;
const SIZE = 96 * 512 * 512;

interface Choice {
  readonly bytes?: number;
  readonly flops?: number;
  /** The C loop to compare with. @default one read and one write */
  readonly limit?: Work['limit'];
  /** @default the same of the adjoint */
  readonly adjointLimit?: Work['limit'];
}

/** An operator applied to random values in its own space, in both directions. */
export function both<D extends Vector<D>>(
  name: string,
  params: Details,
  make: () => LinearOperator<DistributedArray, D>,
  { bytes, flops, limit, adjointLimit = limit }: Choice = {},
): BenchCase[] {
  const work = (run: () => void, limit: Work['limit']): Work => ({
    run,
    ...(bytes === undefined ? {} : { bytes }),
    ...(flops === undefined ? {} : { flops }),
    ...(limit ? { limit } : {}),
  });
  const filled = <V>(space: Space<V>): V => space.random(1);
  return [
    {
      name: `${name}_fwd`,
      params,
      setup: () => {
        const A = make();
        const x = filled(A.domain());
        const y = A.matvec(x);
        return work(() => A.matvec(x, y), limit);
      },
    },
    {
      name: `${name}_adj`,
      params,
      setup: () => {
        const A = make();
        const y = filled(A.range());
        const x = A.rmatvec(y);
        return work(() => A.rmatvec(y, x), adjointLimit);
      },
    },
  ];
}

const block = (
  name: string,
  params: Details,
  make: () => LinearOperator<DistributedArray, DistributedArray>,
): BenchCase[] => both(name, { dims: BLOCK.join('x'), ...params }, make, { bytes: 16 * SIZE, limit: 'copy' });

/** The time of one call on a small array, which is overhead. */
const small = (
  name: string,
  dims: readonly number[],
  make: () => LinearOperator<DistributedArray>,
): BenchCase => ({
  name,
  params: { dims: dims.join('x') },
  setup: () => {
    const A = make();
    const x = DistributedArray.random(dims);
    const y = A.matvec(x);
    return { run: () => A.matvec(x, y) };
  },
});

export const DERIVATIVE_CASES: readonly BenchCase[] = [
  ...block('firstderivative', { order: 3 }, () => new MPIFirstDerivative(BLOCK)),
  ...block('firstderivative_order5', { order: 5 }, () => new MPIFirstDerivative(BLOCK, { order: 5 })),
  ...block('secondderivative', {}, () => new MPISecondDerivative(BLOCK)),
  ...block('laplacian3', { axes: '0,1,2' }, () => new MPILaplacian(BLOCK, { axes: [0, 1, 2] })),
  ...both(
    'gradient3',
    { dims: BLOCK.join('x'), kind: 'forward' },
    () => new MPIGradient(BLOCK, { kind: 'forward' }),
    {
      bytes: 32 * SIZE,
      limit: 'copy',
    },
  ),
  small('firstderivative_n1000', [1000], () => new MPIFirstDerivative(1000)),
  small('laplacian2_n1000', [40, 25], () => new MPILaplacian([40, 25], { axes: [0, 1] })),
  ...block('halo', { halo: 2 }, () => new MPIHalo(BLOCK, { halo: 2, procGrid: [COMM_WORLD.size, 1, 1] })),
];
