import { scalarOf } from '../../core/base/complex.js';
import { hostArray, isFloat, lanesOf } from '../../core/base/dtype.js';
import type { KernelSet, Operand } from '../../core/kernels/device-memory.js';
import type { Extents, ReduceKernel } from '../../core/ports/backend.js';
import { modulus } from './tensor-elementwise.js';
import { first, type TensorCell, type TensorMemory } from './tensor-memory.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';

type Run = Operand<TensorCell>;

/**
 * The most terms that an engine adds in float32. The host adds the sums of such blocks in double
 * precision, so that errors do not grow with the size of an array.
 */
const BLOCK = 256;

/**
 * Sums of n products below n times this number may have lost terms, because engines treat numbers
 * below 2^-126 as zero. Above it the lost terms are below the rounding.
 */
const LEAST = 2 ** -101;

const blocksOf = (n: number): number => Math.ceil(n / BLOCK);

/** Reduces blocks of the middle axis of `[outer, n, inner]`: `[outer, blocksOf(n), inner]`. */
function reduceBlocks(
  tf: TensorModule,
  op: 'sum' | 'max' | 'min',
  x: Tensor,
  [outer, n, inner]: Extents,
): Tensor {
  const whole = Math.floor(n / BLOCK);
  const cut = whole * BLOCK;
  const pieces: Tensor[] = [];
  const add = (start: number, blocks: number, length: number): void => {
    const part =
      blocks * length === n
        ? x
        : tf.slice(tf.reshape(x, [outer, n, inner]), [0, start, 0], [outer, blocks * length, inner]);
    pieces.push(
      tf.reshape(tf[op](tf.reshape(part, [outer * blocks, length, inner]), 1), [outer, blocks, inner]),
    );
  };
  if (whole > 0) add(0, whole, BLOCK);
  if (cut < n) add(cut, 1, n - cut);
  return pieces.length === 1 ? (pieces[0] as Tensor) : tf.concat(pieces, 1);
}

/** The results of the blocks of a flat array of n elements. */
const flatBlocks = (tf: TensorModule, op: 'sum' | 'max' | 'min', x: Tensor, n: number): Tensor =>
  tf.reshape(reduceBlocks(tf, op, x, [1, n, 1]), [blocksOf(n)]);

const number = (tf: TensorModule, value: number): Tensor => tf.scalar(value, 'float32');
const counted = (tf: TensorModule, condition: Tensor): Tensor => tf.cast(condition, 'float32');

/** The terms of an inner product: real, and imaginary for complex arrays. */
function productTerms(tf: TensorModule, x: Parts, y: Parts, conjugate: boolean): Parts {
  const [a, b] = x as readonly [Tensor, Tensor | undefined];
  const [c, d] = y as readonly [Tensor, Tensor | undefined];
  if (!b || !d) return [tf.mul(a, c)];
  const [real, imaginary] = [
    [tf.mul(a, c), tf.mul(b, d)],
    [tf.mul(a, d), tf.mul(b, c)],
  ] as const;
  return conjugate ? [tf.add(...real), tf.sub(...imaginary)] : [tf.sub(...real), tf.add(...imaginary)];
}

/** The largest float32 that is not above a number. */
function below(value: number): number {
  const nearest = Math.fround(value);
  if (!(nearest > value)) return nearest;
  const bits = new Int32Array(Float32Array.of(nearest).buffer);
  bits[0] = (bits[0] as number) + (nearest > 0 ? -1 : 1);
  return new Float32Array(bits.buffer)[0] as number;
}

interface Terms {
  /** What is added: one tensor, or two for a complex sum. */
  readonly of: (tf: TensorModule, x: Parts) => Parts;
  /**
   * Given if a small sum may have lost terms, see {@link LEAST}: the sum of the terms of `f·x`,
   * f > 0, is this power of f times that of x.
   */
  readonly degree?: 1 | 2;
}

const squares: Terms = {
  of: (tf, x) => [x.map((part) => tf.square(part)).reduce((sum, part) => tf.add(sum, part))],
  degree: 2,
};
const moduli: Terms = { of: (tf, x) => [modulus(tf, x)], degree: 1 };

/** The terms of a reduction that is a sum. Undefined if engines do not compute them exactly. */
function termsOf(op: ReduceKernel, lanes: number, parameter: number): Terms | undefined {
  if (op === 'sum') return { of: (_, x) => x };
  if (op === 'sumAbs' || (op === 'sumPower' && parameter === 1)) return moduli;
  if (op === 'sumSquares' || (op === 'sumPower' && parameter === 2)) return squares;
  if (op === 'countNonzero')
    return {
      of: (tf, x) => [
        counted(
          tf,
          x.map((part) => tf.notEqual(part, number(tf, 0))).reduce((any, part) => tf.logicalOr(any, part)),
        ),
      ],
    };
  // The engines' moduli of complex numbers are rounded
  if (op === 'countAtMost' && lanes === 1)
    return {
      of: (tf, x) => [counted(tf, tf.lessEqual(modulus(tf, x), number(tf, below(parameter))))],
    };
  return undefined;
}

const EXTREMES: Partial<Readonly<Record<ReduceKernel, 'max' | 'min'>>> = {
  max: 'max',
  min: 'min',
  maxAbs: 'max',
  minAbs: 'min',
};

/** The sum of `count` values from `start` on. */
function sumOf(values: ArrayLike<number>, start: number, count: number): number {
  let sum = 0;
  for (let i = start; i < start + count; i++) sum += values[i] as number;
  return sum;
}

/** A power of two by which numbers of at most this modulus become numbers of at most about 1. */
const normalizing = (largest: number): number =>
  2 ** Math.min(126, Math.max(-126, -Math.floor(Math.log2(largest))));

const multiple = (tf: TensorModule, x: Parts, factor: number): Parts =>
  factor === 1 ? x : x.map((part) => tf.mul(part, number(tf, factor)));

/** An inner product of at least one term, of arrays that are multiplied by factors. */
interface ScaledProduct {
  readonly x: Run;
  readonly y: Run;
  readonly conjugate: boolean;
  readonly factors: readonly [x: number, y: number];
}

/**
 * Inner products and reductions. The engine reduces blocks of {@link BLOCK} elements, and the host
 * what they give, in double precision. Errors are at most `BLOCK · 2^-24 Σ|terms|`. A sum that
 * overflows, or in which terms may have been lost, is computed again from arrays that are
 * multiplied by powers of two. What is not finite then, or not certain, is left to the host.
 */
export function tensorReductions(
  memory: TensorMemory,
): Pick<KernelSet<TensorCell>, 'dots' | 'reduce' | 'reduceAxis'> {
  const isCertain = (sum: number, n: number): boolean => Number.isFinite(sum) && sum >= n * LEAST;

  /**
   * The largest or smallest number or modulus. Undefined if there is a NaN, or if the modulus of a
   * complex number may have overflowed.
   */
  function extreme(op: ReduceKernel, x: Run, side: 'max' | 'min'): number | undefined {
    const { size } = x;
    const values = memory.read([x], (tf, [parts]) => {
      const numbers = op === side ? ((parts as Parts)[0] as Tensor) : modulus(tf, parts as Parts);
      // Not all engines give NaN for arrays with NaN
      return [
        flatBlocks(tf, side, numbers, size),
        flatBlocks(tf, 'sum', counted(tf, tf.isNaN(numbers)), size),
      ];
    });
    const blocks = blocksOf(size);
    if (sumOf(values, blocks, blocks) > 0) return undefined;
    let best = values[0] as number;
    for (let i = 1; i < blocks; i++) best = Math[side](best, values[i] as number);
    return lanesOf(x.storage.dtype) === 2 && !Number.isFinite(best) ? undefined : best;
  }

  /** Real and imaginary parts of inner products. */
  function productSums(products: readonly ScaledProduct[]): Float64Array {
    const values = memory.read(
      products.flatMap(({ x, y }) => [x, y]),
      (tf, ins) =>
        products.flatMap(({ x, conjugate, factors }, k) => {
          const [a, b] = [0, 1].map((side) =>
            multiple(tf, ins[2 * k + side] as Parts, factors[side] as number),
          ) as [Parts, Parts];
          return productTerms(tf, a, b, conjugate).map((terms) => flatBlocks(tf, 'sum', terms, x.size));
        }),
    );
    const out = new Float64Array(2 * products.length);
    let at = 0;
    for (const [k, { x }] of products.entries()) {
      const blocks = blocksOf(x.size);
      for (let lane = 0; lane < lanesOf(x.storage.dtype); lane++, at += blocks)
        out[2 * k + lane] = sumOf(values, at, blocks);
    }
    return out;
  }

  /** An inner product of arrays that are scaled to about 1. Undefined if it is not certain then. */
  function normalizedProduct(product: ScaledProduct): readonly number[] | undefined {
    const { x, y } = product;
    const [u, v] = [extreme('maxAbs', x, 'max'), extreme('maxAbs', y, 'max')];
    if (u === undefined || v === undefined) return undefined;
    if (u * v === 0) return [0, 0];
    const factors = [normalizing(u), normalizing(v)] as const;
    const sums = [...productSums([{ ...product, factors }])];
    if (!isCertain(Math.hypot(...sums), x.size)) return undefined;
    return sums.map((sum) => sum / (factors[0] * factors[1]));
  }

  /** The sum of the terms of an array, as in {@link normalizedProduct}. */
  function normalizedSum(x: Run, terms: Terms, degree: number): number | undefined {
    const largest = extreme('maxAbs', x, 'max');
    if (!largest) return largest;
    const factor = normalizing(largest);
    const sum = sumOf(termSums(x, terms, factor), 0, blocksOf(x.size));
    return isCertain(sum, x.size) ? sum / factor ** degree : undefined;
  }

  /** The sums of the blocks of an array that is multiplied by a factor. */
  const termSums = (x: Run, { of }: Terms, factor: number): ArrayLike<number> =>
    memory.read([x], (tf, [parts]) =>
      of(tf, multiple(tf, parts as Parts, factor)).map((part) => flatBlocks(tf, 'sum', part, x.size)),
    );

  /** Sums of long lines: the host adds those of their blocks. */
  function sumLines({ of, degree }: Terms, x: Run, [outer, n, inner]: Extents, y: Run): undefined | false {
    const blocks = blocksOf(n);
    const values = memory.read([x], (tf, [parts]) =>
      of(tf, parts as Parts).map((part) =>
        tf.reshape(reduceBlocks(tf, 'sum', part, [outer, n, inner]), [outer * blocks * inner]),
      ),
    );
    const lanes = lanesOf(y.storage.dtype);
    const out = hostArray(y.storage.dtype, y.size);
    for (let lane = 0; lane < lanes; lane++)
      for (let o = 0; o < outer; o++)
        for (let j = 0; j < inner; j++) {
          let sum = 0;
          for (let b = 0; b < blocks; b++)
            sum += values[((lane * outer + o) * blocks + b) * inner + j] as number;
          // Too small for what its terms may have lost, or the sum of a line of zeros
          if (!Number.isFinite(sum) || (degree && sum < n * LEAST)) return false;
          out[lanes * (o * inner + j) + lane] = sum;
        }
    memory.upload(out, y);
    return undefined;
  }

  return {
    dots(products) {
      if (!products.every(({ x }) => isFloat(x.storage.dtype))) return false;
      const out = new Float64Array(2 * products.length);
      const used = products.flatMap(({ x, y, conjugate }, k) =>
        x.size === 0 ? [] : [{ k, x, y: first(y, x.size), conjugate, factors: [1, 1] as const }],
      );
      if (used.length === 0) return out;
      const sums = productSums(used);
      for (const [j, product] of used.entries()) {
        const plain = sums.subarray(2 * j, 2 * j + 2);
        const sum = isCertain(Math.hypot(...plain), product.x.size) ? plain : normalizedProduct(product);
        if (!sum) return false;
        out.set(sum, 2 * product.k);
      }
      return out;
    },

    reduce(op, x, parameter = 0) {
      const { size } = x;
      const { dtype } = x.storage;
      if (size === 0 || !isFloat(dtype)) return false;
      const side = EXTREMES[op];
      if (side) return extreme(op, x, side) ?? false;
      const terms = termsOf(op, lanesOf(dtype), parameter);
      if (!terms) return false;
      const values = termSums(x, terms, 1);
      const blocks = blocksOf(size);
      const sum = sumOf(values, 0, blocks);
      if (terms.degree) return isCertain(sum, size) ? sum : (normalizedSum(x, terms, terms.degree) ?? false);
      const imaginary = sumOf(values, blocks, values.length - blocks);
      if (!Number.isFinite(sum) || !Number.isFinite(imaginary)) return false;
      return op === 'sum' ? scalarOf(dtype, sum, imaginary) : sum;
    },

    reduceAxis(op, x, extents, y, parameter = 0) {
      const [outer, n, inner] = extents;
      const { dtype } = x.storage;
      const terms = n > 0 && isFloat(dtype) ? termsOf(op, lanesOf(dtype), parameter) : undefined;
      if (!terms) return false;
      const from = first(x, outer * n * inner);
      const to = first(y, outer * inner);
      if (n > BLOCK) return sumLines(terms, from, extents, to);
      const isDone = memory.compute([from], to, (tf, [parts]) => {
        const found = terms
          .of(tf, parts as Parts)
          .map((part) => tf.reshape(reduceBlocks(tf, 'sum', part, extents), [to.size]));
        const largest = modulus(tf, found);
        let isBad = tf.logicalNot(tf.isFinite(largest));
        if (terms.degree) {
          const line = reduceBlocks(tf, 'max', modulus(tf, parts as Parts), extents);
          const isSmall = tf.less(largest, number(tf, n * LEAST));
          const isZero = tf.equal(tf.reshape(line, [to.size]), number(tf, 0));
          isBad = tf.logicalOr(isBad, tf.logicalAnd(isSmall, tf.logicalNot(isZero)));
        }
        const bad = flatBlocks(tf, 'sum', counted(tf, isBad), to.size).dataSync();
        return sumOf(bad, 0, bad.length) > 0 ? undefined : found;
      });
      return isDone ? undefined : false;
    },
  };
}
