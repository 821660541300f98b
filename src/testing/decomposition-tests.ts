import { it } from 'mocha';
import { type DType, epsilonOf, hostArray, INDEX_DTYPE, isComplex, isFloat } from '../core/base/dtype.js';
import { BackendError } from '../core/base/errors.js';
import { product } from '../core/base/shape.js';
import type { Backend, Decomposition, Elements, Matrices } from '../core/ports/backend.js';
import { decompositionParts } from '../core/ports/decompositions.js';
import { Operands } from './kernel-case.js';
import { skip } from './skip.js';

/** A matrix on the host. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function matrixOf(
  rows: number,
  columns: number,
  element: (i: number, j: number) => readonly [re: number, im: number],
): Matrix {
  const [re, im] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) [re[i * columns + j], im[i * columns + j]] = element(i, j);
  return { rows, columns, re, im };
}

const at = (x: Matrix, i: number, j: number): readonly [number, number] => {
  const k = i * x.columns + j;
  return [x.re[k] as number, x.im[k] as number];
};
const adjoint = (x: Matrix): Matrix =>
  matrixOf(x.columns, x.rows, (i, j) => {
    const [re, im] = at(x, j, i);
    return [re, -im];
  });
const times = (a: Matrix, b: Matrix): Matrix =>
  matrixOf(a.rows, b.columns, (i, j) => {
    let [re, im] = [0, 0];
    for (let k = 0; k < a.columns; k++) {
      const [[p, q], [r, s]] = [at(a, i, k), at(b, k, j)];
      re += p * r - q * s;
      im += p * s + q * r;
    }
    return [re, im];
  });
const identity = (n: number): Matrix => matrixOf(n, n, (i, j) => [Number(i === j), 0]);
const sum = (a: Matrix, b: Matrix, factor = 1): Matrix =>
  matrixOf(a.rows, a.columns, (i, j) => {
    const [[p, q], [r, s]] = [at(a, i, j), at(b, i, j)];
    return [p + factor * r, q + factor * s];
  });
const triangle = (x: Matrix, keeps: (i: number, j: number) => boolean): Matrix =>
  matrixOf(x.rows, x.columns, (i, j) => (keeps(i, j) ? at(x, i, j) : [0, 0]));
/** The columns times numbers. */
const scaled = (x: Matrix, by: Matrix): Matrix =>
  matrixOf(x.rows, x.columns, (i, j) => {
    const [[p, q], [r, s]] = [at(x, i, j), at(by, 0, j)];
    return [p * r - q * s, p * s + q * r];
  });
const firstColumns = (x: Matrix, n: number): Matrix => matrixOf(x.rows, n, (i, j) => at(x, i, j));
const firstRows = (x: Matrix, n: number): Matrix => matrixOf(n, x.columns, (i, j) => at(x, i, j));

/** The numbers of a stack of matrices in the memory of a dtype. */
function valuesOf(stack: readonly Matrix[], dtype: DType): number[] {
  return stack.flatMap(({ re, im }) =>
    Array.from(re).flatMap((value, k) => (isComplex(dtype) ? [value, im[k] as number] : [value])),
  );
}
function stackOf(
  values: ArrayLike<number>,
  dtype: DType,
  count: number,
  rows: number,
  columns: number,
): Matrix[] {
  return Array.from({ length: count }, (_, m) =>
    matrixOf(rows, columns, (i, j) => {
      const k = (m * rows + i) * columns + j;
      return isComplex(dtype)
        ? [values[2 * k] as number, values[2 * k + 1] as number]
        : [values[k] as number, 0];
    }),
  );
}

/** The sizes of stacks of any matrices, and those of stacks of square ones. */
const FORMS: readonly (readonly [count: number, rows: number, columns: number])[] = [
  [1, 1, 1],
  [3, 5, 5],
  [2, 7, 4],
  [2, 4, 7],
  [1, 33, 20],
  [2, 70, 70],
  [1, 1, 6],
];
const SQUARE_FORMS = FORMS.filter(([, rows, columns]) => rows === columns).concat([[1, 34, 34]]);

/** Decompositions of one dtype on a backend, with the results on the host. */
class Trial {
  readonly backend: Backend;
  readonly dtype: DType;
  readonly make = new Operands(930);

  constructor(backend: Backend, dtype: DType) {
    this.backend = backend;
    this.dtype = dtype;
  }

  numbers(count: number, rows: number, columns: number): Matrix[] {
    const values = this.make.numbers(this.dtype, count * rows * columns);
    return stackOf(values, this.dtype, count, rows, columns);
  }

  /** An array that starts within its storage. */
  place(dtype: DType, size: number, values?: ArrayLike<number>): Elements {
    const storage = this.backend.alloc(dtype, size + 2);
    const elements = { storage, offset: 1, size };
    const host = hostArray(dtype, size);
    if (values) host.set(values);
    this.backend.upload(host, elements);
    return elements;
  }

  /**
   * The first matrix without a decomposition and the parts, as stacks of matrices; vectors are
   * matrices of one row.
   */
  run(
    kind: Decomposition,
    stack: readonly Matrix[],
    flags: Partial<Pick<Matrices, 'full' | 'lower'>> = {},
    leftOut: readonly number[] = [],
  ): { readonly first: number; readonly parts: readonly Matrix[][]; readonly memory: readonly Elements[] } {
    const [{ rows, columns }] = stack as readonly [Matrix];
    const of: Matrices = { count: stack.length, rows, columns, ...flags };
    const x = this.place(this.dtype, of.count * rows * columns, valuesOf(stack, this.dtype));
    const known = decompositionParts(kind, of, this.dtype);
    const memory = known.map(({ shape, dtype }, k) =>
      leftOut.includes(k) ? undefined : this.place(dtype, of.count * product(shape)),
    );
    const first = this.backend.decompose(kind, x, memory, of);
    const parts = known.map(({ shape, dtype }, k): Matrix[] => {
      const y = memory[k];
      if (!y) return [];
      const [height, width] = shape.length === 1 ? [1, shape[0] as number] : (shape as [number, number]);
      return stackOf(this.backend.download(y), dtype, of.count, height, width);
    });
    return { first, parts, memory: memory.filter((y) => y !== undefined) };
  }

  /** Fails unless two matrices are equal up to rounding. */
  expectEqual(what: string, received: Matrix | undefined, expected: Matrix): void {
    const { rows, columns } = expected;
    if (received?.rows !== rows || received.columns !== columns)
      throw new Error(`${what}: expected ${rows} rows of ${columns}`);
    const size = Math.max(1, ...expected.re.map(Math.abs), ...expected.im.map(Math.abs));
    const allowed = 20 * (rows + columns) * epsilonOf(this.dtype) * size;
    const { re, im } = sum(received, expected, -1);
    const most = Math.max(...re.map(Math.abs), ...im.map(Math.abs));
    if (!(most <= allowed))
      throw new Error(
        `${what} of ${rows} rows of ${columns} of ${this.dtype}: off by ${most}, allowed ${allowed}`,
      );
  }

  expectUnitary(what: string, x: Matrix): void {
    this.expectEqual(what, times(adjoint(x), x), identity(x.columns));
  }
}

function expectFirst(what: string, received: number, expected: number): void {
  if (received !== expected) throw new Error(`${what}: expected ${expected}, received ${received}`);
}

const hermitian = (x: Matrix): Matrix => sum(x, adjoint(x));
const definite = (x: Matrix): Matrix => sum(times(x, adjoint(x)), identity(x.rows));
/** The second of three matrices has an element that is not finite. */
const spoiled = (stack: readonly Matrix[], value: number): Matrix[] =>
  stack.map((x, k) =>
    k === 1 ? matrixOf(x.rows, x.columns, (i, j) => (i + j === 0 ? [value, 0] : at(x, i, j))) : x,
  );

const TESTS: Readonly<Record<Decomposition, (trial: Trial) => void>> = {
  lu: (trial) => {
    for (const form of FORMS) {
      const stack = trial.numbers(...form);
      const { first, parts } = trial.run('lu', stack);
      expectFirst('lu', first, -1);
      const [factors, exchanges] = parts as [Matrix[], Matrix[]];
      stack.forEach((x, m) => {
        const packed = factors[m] as Matrix;
        const least = Math.min(x.rows, x.columns);
        const order = Array.from({ length: x.rows }, (_, i) => i);
        (exchanges[m] as Matrix).re.forEach((other, i) => {
          [order[i], order[other]] = [order[other] as number, order[i] as number];
        });
        const lower = sum(
          firstColumns(
            triangle(packed, (i, j) => j < i),
            least,
          ),
          matrixOf(x.rows, least, (i, j) => [Number(i === j), 0]),
        );
        const upper = firstRows(
          triangle(packed, (i, j) => j >= i),
          least,
        );
        const exchanged = matrixOf(x.rows, x.columns, (i, j) => at(x, order[i] as number, j));
        trial.expectEqual('L U', times(lower, upper), exchanged);
      });
    }
    for (const [count, rows] of SQUARE_FORMS)
      for (const columns of [1, 3]) {
        const stack = trial.numbers(count, rows, rows).map(definite);
        const { memory } = trial.run('lu', stack);
        const right = trial.numbers(count, rows, columns);
        const b = trial.place(trial.dtype, count * rows * columns, valuesOf(right, trial.dtype));
        trial.backend.solveLu(memory[0] as Elements, memory[1] as Elements, b, { count, rows, columns });
        const solutions = stackOf(trial.backend.download(b), trial.dtype, count, rows, columns);
        solutions.forEach((y, m) => {
          // relative to the sizes of the matrix and the solution, which are not small
          const [a, expected] = [stack[m] as Matrix, right[m] as Matrix];
          const size = Math.max(...a.re.map(Math.abs));
          const scale = matrixOf(1, columns, () => [1 / size, 0]);
          trial.expectEqual('A X', scaled(times(a, y), scale), scaled(expected, scale));
        });
      }
    const [a, b, c] = trial.numbers(3, 4, 4) as [Matrix, Matrix, Matrix];
    const singular = matrixOf(4, 4, (i, j) => (j === 2 ? [0, 0] : at(b, i, j)));
    expectFirst('lu of a singular matrix', trial.run('lu', [a, singular, c]).first, 1);
  },
  cholesky: (trial) => {
    for (const [count, rows] of SQUARE_FORMS) {
      const stack = trial.numbers(count, rows, rows).map(definite);
      // Only the lower triangle is read
      const given = stack.map((x) => triangle(x, (i, j) => j <= i));
      const { first, parts } = trial.run('cholesky', given);
      expectFirst('cholesky', first, -1);
      parts[0]?.forEach((l, m) => {
        trial.expectEqual('L Lᴴ', times(l, adjoint(l)), stack[m] as Matrix);
        if (l.re.some((value, k) => k % rows > Math.floor(k / rows) && value !== 0))
          throw new Error('cholesky: expected zeros above the diagonal');
      });
    }
    const stack = trial.numbers(3, 4, 4).map(definite);
    stack[1] = sum(stack[1] as Matrix, identity(4), -100);
    expectFirst('cholesky of a matrix that is not definite', trial.run('cholesky', stack).first, 1);
  },
  qr: (trial) => {
    for (const form of FORMS)
      for (const full of [false, true]) {
        const stack = trial.numbers(...form);
        const { first, parts } = trial.run('qr', stack, { full });
        expectFirst('qr', first, -1);
        const [qs, rs] = parts as [Matrix[], Matrix[]];
        const alone = trial.run('qr', stack, { full }, [0]).parts[1] as Matrix[];
        stack.forEach((x, m) => {
          const [q, r] = [qs[m] as Matrix, rs[m] as Matrix];
          trial.expectEqual('Q R', times(q, r), x);
          trial.expectUnitary('Qᴴ Q', q);
          trial.expectEqual(
            'R',
            r,
            triangle(r, (i, j) => j >= i),
          );
          trial.expectEqual('R without Q', alone[m], r);
        });
      }
  },
  svd: (trial) => {
    for (const form of FORMS)
      for (const full of [false, true]) {
        const stack = trial.numbers(...form);
        const { first, parts } = trial.run('svd', stack, { full });
        expectFirst('svd', first, -1);
        const [values, us, vhs] = parts as [Matrix[], Matrix[], Matrix[]];
        const alone = trial.run('svd', stack, { full }, [1, 2]).parts[0] as Matrix[];
        stack.forEach((x, m) => {
          const [s, u, vh] = [values[m] as Matrix, us[m] as Matrix, vhs[m] as Matrix];
          const least = s.columns;
          trial.expectEqual('U S Vᴴ', times(scaled(firstColumns(u, least), s), firstRows(vh, least)), x);
          trial.expectUnitary('Uᴴ U', u);
          trial.expectUnitary('Vᴴ V', adjoint(vh));
          trial.expectEqual('the values alone', alone[m], s);
          if (s.re.some((value, k) => !(value >= (s.re[k + 1] ?? 0))))
            throw new Error('svd: expected descending values');
        });
      }
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      for (const [rows, columns] of [
        [4, 3],
        [3, 4],
      ] as const)
        expectFirst(
          `svd with ${value}`,
          trial.run('svd', spoiled(trial.numbers(3, rows, columns), value)).first,
          1,
        );
  },
  eigh: (trial) => {
    for (const [count, rows] of SQUARE_FORMS)
      for (const lower of [true, false]) {
        const stack = trial.numbers(count, rows, rows).map(hermitian);
        // The other triangle is not read
        const given = stack.map((x) =>
          matrixOf(rows, rows, (i, j) =>
            (lower ? j <= i : j >= i) ? at(x, i, j) : [Number.NaN, Number.NaN],
          ),
        );
        const { first, parts } = trial.run('eigh', given, { lower });
        expectFirst('eigh', first, -1);
        const [values, vectors] = parts as [Matrix[], Matrix[]];
        const alone = trial.run('eigh', given, { lower }, [1]).parts[0] as Matrix[];
        stack.forEach((x, m) => {
          const [w, v] = [values[m] as Matrix, vectors[m] as Matrix];
          trial.expectEqual('V W Vᴴ', times(scaled(v, w), adjoint(v)), x);
          trial.expectUnitary('Vᴴ V', v);
          trial.expectEqual('the values alone', alone[m], w);
          if (w.re.some((value, k) => k > 0 && !(value >= (w.re[k - 1] as number))))
            throw new Error('eigh: expected ascending values');
        });
      }
    const stack = spoiled(trial.numbers(3, 4, 4).map(hermitian), Number.NaN);
    expectFirst('eigh with NaN', trial.run('eigh', stack).first, 1);
  },
  eig: (trial) => {
    for (const [count, rows] of SQUARE_FORMS) {
      const stack = trial.numbers(count, rows, rows);
      const { first, parts } = trial.run('eig', stack);
      expectFirst('eig', first, -1);
      const [values, vectors] = parts as [Matrix[], Matrix[]];
      const alone = trial.run('eig', stack, {}, [1]).parts[0] as Matrix[];
      const ones = matrixOf(rows, 1, () => [1, 0]);
      stack.forEach((x, m) => {
        const [w, v, own] = [values[m] as Matrix, vectors[m] as Matrix, alone[m] as Matrix];
        // Those alone may be in another order
        trial.expectEqual('the sum of the values alone', times(own, ones), times(w, ones));
        const squares = times(scaled(w, w), ones);
        trial.expectEqual('the sum of their squares', times(scaled(own, own), ones), squares);
        trial.expectEqual('A V', times(x, v), scaled(v, w));
        for (let j = 0; j < rows; j++) {
          const column = matrixOf(rows, 1, (i) => at(v, i, j));
          trial.expectEqual('a length', times(adjoint(column), column), identity(1));
        }
      });
    }
    const stack = spoiled(trial.numbers(3, 4, 4), Number.NaN);
    expectFirst('eig with NaN', trial.run('eig', stack).first, 1);
  },
};

/** Tests of decompositions by their products. They are skipped where there is no LAPACK. */
export function decompositionTests(backend: Backend): void {
  for (const dtype of backend.dtypes.filter(isFloat))
    for (const [kind, test] of Object.entries(TESTS))
      it(`${kind} of ${dtype}`, function () {
        if (kind === 'lu' && !backend.dtypes.includes(INDEX_DTYPE))
          skip(this, `no ${INDEX_DTYPE} for pivots`);
        try {
          test(new Trial(backend, dtype));
        } catch (error) {
          if (!(error instanceof BackendError && error.message.includes('needs a LAPACK'))) throw error;
          skip(this, 'no LAPACK');
        }
      });
}
