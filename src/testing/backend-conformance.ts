import { describe, it } from 'mocha';
import {
  DTYPES,
  type DType,
  epsilonOf,
  hostArray,
  hostView,
  INDEX_DTYPE,
  isComplex,
  isFloat,
  lanesOf,
} from '../core/base/dtype.js';
import { BackendError, DTypeError, ShapeError } from '../core/base/errors.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import type { Backend, Elements } from '../core/ports/backend.js';
import { backendNames, registerBackend } from '../core/ports/defaults.js';
import { CpuBackend } from '../cpu/cpu-backend.js';
import { compareNumbers, describeDifferences, SAME_BITS } from './comparison.js';
import { decompositionTests } from './decomposition-tests.js';
import { checkCase, Operands } from './kernel-case.js';
import { kernelCases } from './kernel-cases.js';

/** Options of {@link backendConformance}. */
export interface BackendConformanceOptions {
  /** Multiplies every tolerance of floating-point results. @default 1 */
  readonly slack?: number;
  /** Kernels (such as `'matmul'`, `'unary exp'`) to test. @default all */
  readonly kernels?: readonly string[];
  /** The seed of the cases with random special values. @default 20 */
  readonly seed?: number;
  /** The number of these cases for each kernel and dtype. @default 12 */
  readonly draws?: number;
}

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function checkThrows(action: () => unknown, type: new (message: string) => Error, what: string): void {
  try {
    action();
  } catch (error) {
    check(error instanceof type, `${what}: expected a ${type.name}, received ${String(error)}`);
    return;
  }
  throw new Error(`${what}: expected a ${type.name}, but nothing was thrown`);
}

/** A storage that holds `values`. */
function holding(backend: Backend, dtype: DType, values: ArrayLike<number>): Elements {
  const host = hostArray(dtype, values.length / lanesOf(dtype));
  host.set(values);
  const storage = backend.alloc(dtype, host.length / lanesOf(dtype));
  const elements = { storage, offset: 0, size: storage.length };
  backend.upload(host, elements);
  return elements;
}

/** Fails unless two lists of numbers have the same bits. */
function checkValues(received: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  check(
    received.length === expected.length,
    `${what}: expected ${expected.length} numbers, received ${received.length}`,
  );
  const found = compareNumbers(received, expected, 1, SAME_BITS);
  if (found) throw new Error(`${what}: ${describeDifferences(found)}`);
}

function memoryTests(backend: Backend): void {
  for (const dtype of backend.dtypes) {
    const lanes = lanesOf(dtype);

    it(`storages of ${dtype} say what they are`, () => {
      const storage = backend.alloc(dtype, 12);
      check(
        storage.backend === backend && storage.dtype === dtype && storage.length === 12,
        'expected the backend, dtype and length of the call',
      );
      backend.release(storage);
    });

    it(`uploads and downloads ${dtype}, whole and in parts`, () => {
      const values = new Operands(900).numbers(dtype, 20);
      const { storage } = holding(backend, dtype, values);
      const middle = backend.download({ storage, offset: 3, size: 5 });
      checkValues(middle, values.slice(3 * lanes, 8 * lanes), 'a part');
      const part = new Operands(901).numbers(dtype, 4);
      backend.upload(part, { storage, offset: 9, size: 4 });
      values.set(part, 9 * lanes);
      const into = hostArray(dtype, 20);
      check(
        backend.download({ storage, offset: 0, size: 20 }, into) === into,
        'expected the array that was given',
      );
      checkValues(into, values, 'the whole');
      check(backend.download({ storage, offset: 20, size: 0 }).length === 0, 'expected nothing');
      backend.release(storage);
    });

    it(`downloads of ${dtype} are copies`, () => {
      const x = holding(backend, dtype, [0, 1, 0, 1]);
      const first = backend.download(x);
      backend.fill(x, 1);
      checkValues(first, [0, 1, 0, 1], 'an earlier download');
      backend.download(x).fill(0);
      check(backend.download(x)[0] === 1, 'expected that changing a download changes nothing');
      backend.release(x.storage);
    });

    it(`spans of ${dtype} read and write a part`, () => {
      const values = new Operands(902).numbers(dtype, 10);
      const [source, x] = [holding(backend, dtype, values), holding(backend, dtype, hostArray(dtype, 10))];
      backend.copy(source, x);
      backend.release(source.storage);
      const span = x.storage.span(2, 5);
      check(span.dtype === dtype && span.length === 5, 'expected the dtype and length of the part');
      const fresh = new Operands(903).numbers(dtype, 5);
      if (span.kind === 'host') {
        backend.synchronize();
        const view = hostView(dtype, span.buffer, span.byteOffset, span.length);
        checkValues(view, values.slice(2 * lanes, 7 * lanes), 'the part that the span reads');
        view.set(fresh);
      } else {
        span.synchronize();
        const out = hostArray(dtype, 5);
        span.copyToHost(out);
        checkValues(out, values.slice(2 * lanes, 7 * lanes), 'the part that the span reads');
        const host = fresh.slice();
        span.copyFromHost(host);
        host.fill(0);
      }
      values.set(fresh, 2 * lanes);
      checkValues(backend.download(x), values, 'what was written through the span');
      backend.release(x.storage);
    });
  }

  it('refuses dtypes that it does not hold', () => {
    for (const dtype of DTYPES)
      if (!backend.dtypes.includes(dtype))
        checkThrows(() => backend.alloc(dtype, 1), BackendError, `alloc('${dtype}')`);
    check(
      backend.dtypes.includes(backend.defaultDType),
      'expected the default dtype among those that it holds',
    );
  });

  it('refuses storages of another backend', () => {
    const x = holding(new CpuBackend({ name: 'stranger' }), backend.defaultDType, [1, 2]);
    checkThrows(() => backend.reduce('sum', x), BackendError, 'reduce of a foreign array');
  });

  it('refuses functions that a dtype does not have', () => {
    for (const dtype of backend.dtypes) {
      const x = holding(backend, dtype, [1, 2]);
      const refused: Record<string, () => unknown> = isComplex(dtype)
        ? {
            max: () => backend.reduce('max', x),
            maximum: () => backend.binary('maximum', x, x, x),
            kthSmallest: () => backend.kthSmallest(x, 0),
          }
        : { 'a complex scalar': () => backend.fill(x, { re: 1, im: 1 }) };
      if (!isFloat(dtype)) {
        refused['divide'] = () => backend.binary('divide', x, x, x);
        refused['exp'] = () => backend.unary('exp', x, x);
        refused['a fraction'] = () => backend.fill(x, 0.5);
        refused['threshold'] = () => backend.threshold('soft', 1, x, x);
      }
      for (const [what, call] of Object.entries(refused))
        checkThrows(call, DTypeError, `${what} of ${dtype}`);
      backend.release(x.storage);
    }
  });

  it('releasing twice does nothing', () => {
    const a = holding(backend, backend.defaultDType, [1, 2, 3, 4]);
    backend.release(a.storage);
    const before = backend.stats();
    backend.release(a.storage);
    check(
      backend.stats().pooledBytes === before.pooledBytes && backend.stats().liveBytes === before.liveBytes,
      'expected no change',
    );
    const [b, c] = [
      holding(backend, backend.defaultDType, [5, 6, 7, 8]),
      holding(backend, backend.defaultDType, [0, 0, 0, 0]),
    ];
    checkValues(backend.download(b), [5, 6, 7, 8], 'a storage that shares no memory with another');
    backend.release(b.storage);
    backend.release(c.storage);
  });

  it('counts allocations, and steps on released memory need no new one', () => {
    const step = () => {
      const storages = [100, 1000, 100].map(
        (n) => holding(backend, backend.defaultDType, new Float32Array(n)).storage,
      );
      for (const storage of storages) backend.release(storage);
    };
    step();
    const before = backend.stats();
    for (let k = 0; k < 5; k++) step();
    const after = backend.stats();
    check(
      after.allocations === before.allocations + 15,
      `expected 15 allocations, counted ${after.allocations - before.allocations}`,
    );
    check(
      after.poolMisses === before.poolMisses,
      `expected no new memory, counted ${after.poolMisses - before.poolMisses}`,
    );
    check(after.liveBytes === before.liveBytes, 'expected that released memory is not counted as live');
  });
}

/** `⟨A x, y⟩ = ⟨x, Aᴴ y⟩`, both sides computed by the backend. */
function adjointTest(
  backend: Backend,
  dtype: DType,
  n: number,
  m: number,
  forward: (x: Elements, y: Elements) => void,
  adjoint: (y: Elements, x: Elements) => void,
): void {
  const make = new Operands(910);
  const [x, y] = [
    holding(backend, dtype, make.numbers(dtype, n)),
    holding(backend, dtype, make.numbers(dtype, m)),
  ];
  const [ax, ahy] = [
    holding(backend, dtype, hostArray(dtype, m)),
    holding(backend, dtype, hostArray(dtype, n)),
  ];
  forward(x, ax);
  adjoint(y, ahy);
  const [a, b, c, d] = [
    ...backend.dots([
      { x: ax, y, conjugate: true },
      { x, y: ahy, conjugate: true },
    ]),
  ] as [number, number, number, number];
  const tolerance = 4 * lanesOf(dtype) * (n + m) * epsilonOf(dtype);
  check(
    Math.hypot(a - c, b - d) <= tolerance,
    `expected equal inner products, received ${a} + ${b}i and ${c} + ${d}i`,
  );
  for (const e of [x, y, ax, ahy]) backend.release(e.storage);
}

function preparedTests(backend: Backend): void {
  it('serve several arrays, read the present ghost cells, and are refused elsewhere', () => {
    const [dtype, another] = backend.dtypes as readonly [DType, DType?];
    const [a, b, y, front] = [[1, 2, 3], [4, 5, 6], [0, 0, 0], [10]].map((values) =>
      holding(backend, dtype, values),
    ) as [Elements, Elements, Elements, Elements];
    const segments = [{ start: 0, end: 3, lo: -1, taps: [1, 1] }];
    const stencil = { shape: [3], bands: [{ axis: 0, segments, front }], mode: 'add' } as const;
    const prepared = backend.prepareStencil(dtype, stencil);
    backend.stencil(a, y, prepared);
    checkValues(backend.download(y), [11, 3, 5], 'the sums of neighbours');
    const later = hostArray(dtype, 1);
    later[0] = 20;
    backend.upload(later, front);
    backend.stencil(b, y, prepared);
    checkValues(backend.download(y), [35, 12, 16], 'the sums of both arrays');
    const other = new CpuBackend().prepareStencil(dtype, { ...stencil, bands: [] });
    checkThrows(() => backend.stencil(a, y, other), BackendError, 'a stencil of another backend');
    if (another)
      checkThrows(() => backend.prepareStencil(another, stencil), DTypeError, 'ghosts of another dtype');
    const long = backend.prepareStencil(dtype, { ...stencil, shape: [6] });
    checkThrows(() => backend.stencil(a, y, long), ShapeError, 'arrays that are too short');
    backend.release(front.storage);
    checkThrows(() => backend.stencil(a, y, prepared), BackendError, 'released ghost cells');
    for (const { storage } of [a, b, y]) backend.release(storage);
  });
}

function adjointTests(backend: Backend): void {
  for (const dtype of backend.dtypes.filter(isFloat)) {
    it(`convolve of ${dtype} and its adjoint`, () => {
      const h = holding(backend, dtype, new Operands(911).numbers(dtype, 12));
      const form = { hShape: [3, 4], offset: [1, 2] };
      adjointTest(
        backend,
        dtype,
        63,
        80,
        (x, y) =>
          backend.convolve(x, h, y, { ...form, xShape: [7, 9], yShape: [8, 10], direction: 'forward' }),
        (y, x) =>
          backend.convolve(y, h, x, { ...form, xShape: [8, 10], yShape: [7, 9], direction: 'adjoint' }),
      );
      backend.release(h.storage);
    });

    it(`gather of ${dtype} and scatterAdd`, () => {
      if (!backend.dtypes.includes(INDEX_DTYPE)) return;
      const make = new Operands(912);
      const [ny, width] = [11, 3];
      const index = holding(
        backend,
        INDEX_DTYPE,
        make.integers(ny * width, 8).map((i) => (i === 7 ? -1 : i)),
      );
      const weights = holding(backend, dtype, make.numbers(dtype, ny * width));
      const table = { outer: 2, nx: 7, ny, inner: 4, width, index, weights };
      adjointTest(
        backend,
        dtype,
        56,
        88,
        (x, y) => backend.gather(x, y, table),
        (y, x) => backend.scatterAdd(y, x, table),
      );
      backend.release(index.storage);
      backend.release(weights.storage);
    });
  }
}

const DEFAULTS = {
  slack: 1,
  kernels: undefined,
  seed: 20,
  draws: 12,
} satisfies Defaults<BackendConformanceOptions>;

/**
 * Defines Mocha tests that compare a backend with the reference on every kernel, on every dtype
 * that it holds, and on shapes that are known to break kernels. `makeBackend` is called once, when
 * the tests are defined.
 */
export function backendConformance(makeBackend: () => Backend, options?: BackendConformanceOptions): void {
  const { slack, kernels, seed, draws } = withDefaults('backendConformance', options, DEFAULTS);
  // Runs the kernels that the backend lacks.
  if (!backendNames().includes('cpu')) registerBackend('cpu', () => new CpuBackend());
  const backend = makeBackend();
  const reference = new CpuBackend({ name: 'reference' });
  describe(`backend '${backend.name}' conforms to the reference`, () => {
    describe('memory', () => memoryTests(backend));
    describe('adjoints', () => adjointTests(backend));
    describe('prepared stencils', () => preparedTests(backend));
    if (!kernels || kernels.includes('decompose'))
      describe('decompositions', () => decompositionTests(backend));
    for (const { kernel, cases } of kernelCases(seed, draws)) {
      if (kernels && !kernels.includes(kernel)) continue;
      describe(kernel, () => {
        for (const dtype of backend.dtypes) {
          const held = cases(dtype).filter(({ operands }) =>
            operands.every((o) => backend.dtypes.includes(o.dtype)),
          );
          if (held.length === 0) continue;
          it(`${dtype}, ${held.length} cases`, () => {
            const found = held.flatMap((c) =>
              checkCase({ ...c, ulps: (c.ulps ?? 4) * slack }, backend, reference),
            );
            check(found.length === 0, `${found.length} differences\n  ${found.slice(0, 10).join('\n  ')}`);
          });
        }
      });
    }
  });
}
