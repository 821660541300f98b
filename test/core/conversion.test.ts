import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError, BackendError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import { fuse, type Traced } from '../../src/core/expressions/fuse.js';
import type { LinearOperator } from '../../src/core/operator/linear-operator.js';
import { setDefaultBackend, setDefaultCommunicator } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/cpu-backend.js';
import { Identity } from '../../src/local/basic/identity.js';
import { SelfCommunicator } from '../../src/mpi/communicator/self-communicator.js';
import { MPILaplacian } from '../../src/operators/mpi-laplacian.js';
import { L1 } from '../../src/proximal/functions/l1.js';

/** The conversions of JavaScript, except that to text, which programs without types may use. */
// biome-ignore lint/suspicious/noExplicitAny: operators of numbers on other values
const CONVERSIONS: Readonly<Record<string, (x: any) => unknown>> = {
  'x * 2': (x) => x * 2,
  '2 * x': (x) => 2 * x,
  'x + 1': (x) => x + 1,
  'x - x': (x) => x - x,
  'x / 2': (x) => x / 2,
  'x ** 2': (x) => x ** 2,
  'x % 2': (x) => x % 2,
  '-x': (x) => -x,
  '+x': (x) => +x,
  'x & 1': (x) => x & 1,
  'x > 0': (x) => x > 0,
  'x <= 0': (x) => x <= 0,
  // biome-ignore lint/suspicious/noDoubleEquals: the conversion is tested
  'x == 1': (x) => x == 1,
  'Math.abs(x)': (x) => Math.abs(x),
  'Number(x)': (x) => Number(x),
  'BigInt(x)': (x) => BigInt(x),
  'typed array': (x) => Float64Array.of(x),
};

describe('arrays and operators in the place of numbers', () => {
  let things: Readonly<Record<string, readonly [value: object, remedies: readonly string[]]>>;
  before(() => {
    setDefaultBackend(new CpuBackend());
    setDefaultCommunicator(new SelfCommunicator());
    const arrays = ['x.multiply(y)', 'x.add(y)'];
    const operators = ['A.matvec(x)', 'A.mul(B)', 'A.scale(a)'];
    const x = DistributedArray.ones(3);
    const A: LinearOperator<NDArray> = new Identity(3);
    let stand: Traced | undefined;
    fuse((x: Traced) => {
      stand = x.add(1);
      return stand;
    });
    things = {
      NDArray: [NDArray.array([1, -2]), [...arrays, 'where(condition, x, y)', 'x.abs()']],
      'array of one element': [NDArray.ones([]), arrays],
      DistributedArray: [x, arrays],
      StackedDistributedArray: [new StackedDistributedArray([x, x]), arrays],
      operator: [A, operators],
      'distributed operator': [new MPILaplacian([4, 4]), operators],
      composite: [A.H.add(A), operators],
      'proximal operator': [new L1(), ['f.scale(a)', 'f.prox(x, tau)']],
      'value of fuse': [stand as Traced, [...arrays, 'x.greater(0).where(a, b)', 'x.abs()']],
    };
  });

  for (const [text, convert] of Object.entries(CONVERSIONS)) {
    it(`${text} throws and names the methods`, () => {
      for (const [name, [value, remedies]] of Object.entries(things))
        for (const remedy of remedies) expect(() => convert(value), name).to.throw(ArgumentError, remedy);
    });
  }
  it('convert to text', () => {
    for (const [name, [value]] of Object.entries(things)) {
      expect(`${value}`, name).to.equal(String(value)).and.not.equal('');
    }
  });
  it('fuse refuses comparisons and functions of JavaScript', () => {
    expect(() => fuse((x: Traced) => ((x as unknown as number) > 0 ? x : x.negative()))).to.throw(
      ArgumentError,
      'where(a, b)',
    );
    expect(() => fuse((x: Traced) => x.multiply(Math.abs(x as unknown as number)))).to.throw(
      ArgumentError,
      'x.abs()',
    );
  });
  it('a promise is refused as a backend', () => {
    const promise = Promise.resolve(new CpuBackend()) as unknown as CpuBackend;
    expect(() => setDefaultBackend(promise)).to.throw(BackendError, 'await');
    expect(() => NDArray.zeros(2, { backend: promise })).to.throw(BackendError, 'await');
    expect(() => setDefaultBackend(undefined as unknown as CpuBackend)).to.throw(
      BackendError,
      'expected a backend',
    );
  });
});
