import { im, isZero, re, type Scalar } from '../../core/base/complex.js';
import { type DType, FLAG_DTYPE, isComplex, isInteger, kindOf } from '../../core/base/dtype.js';
import { product, type Shape } from '../../core/base/shape.js';
import type { KernelSet, Operand } from '../../core/kernels/device-memory.js';
import { isElements } from '../../core/ports/kernel-operands.js';
import { allRows } from '../../core/ports/kernel-sizes.js';
import {
  COMPLEX_BINARY,
  COMPLEX_UNARY,
  combine,
  INTEGER_BINARY,
  REAL_BINARY,
  REAL_UNARY,
  threshold as shrink,
} from './tensor-elementwise.js';
import { first, type TensorCell, type TensorMemory, typeOf } from './tensor-memory.js';
import { convolution, filterAxes, gatherRows, matrixProduct, matrixWalks } from './tensor-products.js';
import { tensorReductions } from './tensor-reductions.js';
import { cut, inOrder, replaceRows, stencilRows } from './tensor-stencil.js';
import type { Parts, Tensor, TensorModule } from './tfjs-engine.js';

type Run = Operand<TensorCell>;

/** The real and imaginary parts of a value of a dtype. */
const partsOf = (value: Scalar, dtype: DType): number[] =>
  isComplex(dtype) ? [re(value), im(value)] : [re(value)];

/** A scalar as tensors without axes. */
const scalar = (tf: TensorModule, value: Scalar, dtype: DType): Parts =>
  partsOf(value, dtype).map((part) => tf.scalar(part, typeOf(dtype)));

/** A run in which all elements have one value. */
const constant = (tf: TensorModule, value: Scalar, { storage: { dtype }, size }: Run): Parts =>
  partsOf(value, dtype).map((part) => tf.fill([size], part, typeOf(dtype)));

/** The kernels that engines of tfjs support. */
export function tensorKernels(memory: TensorMemory): KernelSet<TensorCell> {
  const fill = (y: Run, value: Scalar): void => {
    memory.compute([], y, () => constant(memory.tf, value, y));
  };

  return {
    ...tensorReductions(memory),

    copy(x, y) {
      memory.compute([x], first(y, x.size), (_, [from]) => from as Parts);
    },

    stridedCopy(shape, x, y, mode) {
      const from = { start: x.elements.offset + x.start, strides: x.strides };
      const to = { start: y.elements.offset + y.start, strides: y.strides };
      memory.writeWalk(y.elements.storage, shape, to, mode, () =>
        memory.readWalk(x.elements.storage, shape, from),
      );
    },

    fill,

    cast(x, y) {
      const [from, to] = [x.storage.dtype, y.storage.dtype];
      memory.compute([x], first(y, x.size), (tf, [parts]) => {
        const [first, second] = parts as Parts as [Tensor, Tensor | undefined];
        const real = from === to ? first : tf.cast(first, typeOf(to));
        if (!isComplex(to)) return [real];
        return [real, second ?? tf.fill([x.size], 0, 'float32')];
      });
    },

    unary(op, x, y) {
      const { dtype } = x.storage;
      const real = kindOf(dtype) === 'float' ? REAL_UNARY[op] : undefined;
      const pair = isComplex(dtype) ? COMPLEX_UNARY[op] : undefined;
      if (real)
        memory.compute([x], first(y, x.size), (tf, [from]) => [real(tf, (from as Parts)[0] as Tensor)]);
      else if (pair) memory.compute([x], first(y, x.size), (tf, [z]) => pair(tf, z as [Tensor, Tensor]));
      else return false;
    },

    binary(op, x, y, z) {
      const arrays = [x, y].filter(isElements).map((e) => first(e, z.size));
      const dtype = arrays[0]?.storage.dtype;
      const real =
        dtype && !isComplex(dtype) ? (isInteger(dtype) ? INTEGER_BINARY : REAL_BINARY)[op] : undefined;
      const pair = dtype && isComplex(dtype) ? COMPLEX_BINARY[op] : undefined;
      if (!dtype || !(real || pair)) return false;
      memory.compute(arrays, z, (tf, ins) => {
        const rest = [...ins];
        const [a, b] = [x, y].map((s) =>
          isElements(s) ? (rest.shift() as Parts) : scalar(memory.tf, s, dtype),
        ) as [Parts, Parts];
        return pair
          ? pair(tf, a as [Tensor, Tensor], b as [Tensor, Tensor])
          : [(real as NonNullable<typeof real>)(tf, a[0] as Tensor, b[0] as Tensor)];
      });
    },

    where(condition, x, y, z) {
      const arrays = [condition, x, y].filter(isElements).map((e) => first(e, z.size));
      memory.compute(arrays, z, (tf, [c, ...rest]) => {
        const holds = tf.notEqual((c as Parts)[0] as Tensor, tf.scalar(0, typeOf(FLAG_DTYPE)));
        const [a, b] = [x, y].map((s) =>
          isElements(s) ? (rest.shift() as Parts) : constant(memory.tf, s, z),
        ) as [Parts, Parts];
        return a.map((part, k) => tf.where(holds, part, b[k] as Tensor));
      });
    },

    linearCombination(factors, xs, y) {
      const isCopy = factors.length === 1 && factors[0] === 1;
      if (isInteger(y.storage.dtype) && !isCopy) return false;
      memory.compute(
        xs.map((x) => first(x, y.size)),
        y,
        (tf, terms) => combine(tf, factors, terms),
      );
    },

    threshold(kind, t, x, y) {
      memory.compute([x], first(y, x.size), (tf, [from]) => shrink(tf, kind, t, from as Parts));
    },

    matmul(a, b, c, spec) {
      const { m, n, k, batch, alpha, beta } = spec;
      if (isInteger(c.storage.dtype)) return false;
      const walks = matrixWalks(spec);
      const walk = (e: Run, { shape, strides }: (typeof walks)['a']) =>
        memory.readWalk(e.storage, shape, { start: e.offset, strides });
      memory.writeWalk(
        c.storage,
        walks.c.shape,
        { start: c.offset, strides: walks.c.strides },
        'set',
        (tf) => {
          const shaped = (parts: Parts, shape: Shape) => parts.map((part) => tf.reshape(part, [...shape]));
          const terms: { readonly factor: Scalar; readonly parts: Parts }[] = [];
          if (!isZero(alpha) && k > 0) {
            const [x, y] = [shaped(walk(a, walks.a), walks.a.shape), shaped(walk(b, walks.b), walks.b.shape)];
            const parts = matrixProduct(tf, x, spec.transA, y, spec.transB).map((part) =>
              (part.shape[0] as number) === batch ? part : tf.concat(new Array<Tensor>(batch).fill(part), 0),
            );
            terms.push({ factor: alpha, parts });
          }
          if (!isZero(beta)) terms.push({ factor: beta, parts: shaped(walk(c, walks.c), walks.c.shape) });
          if (terms.length === 0) return constant(memory.tf, 0, { ...c, size: m * n * batch });
          const sum = combine(
            tf,
            terms.map(({ factor }) => factor),
            terms.map(({ parts }) => parts),
          );
          return shaped(sum, [m * n * batch]);
        },
      );
    },

    prepareStencil(dtype, stencil) {
      const { shape, mode } = stencil;
      const { axis, start, end } = stencil.range ?? allRows(shape);
      if (start >= end) return () => {};
      const bands = stencil.bands.flatMap((band) => {
        const segments = inOrder(band.segments);
        return segments ? [{ ...band, segments }] : [];
      });
      if (isInteger(dtype) || shape.length === 0 || bands.length === 0 || bands.length < stencil.bands.length)
        return false;
      const ghosts = bands.flatMap(({ front, back }) => [front, back]).filter((ghost) => ghost !== undefined);
      const whole = start === 0 && end === shape[axis];
      const range = { axis, start, end };
      const spec = { shape, mode, bands, range: whole ? undefined : range };
      const keeps = mode === 'add' || !whole;
      return (x, y) => {
        const [source, target] = [first(x, product(shape)), first(y, product(shape))];
        memory.compute([source, ...ghosts, ...(keeps ? [target] : [])], target, (tf, [from, ...rest]) => {
          const sides = bands.map(({ front, back }) => ({
            front: front && rest.shift(),
            back: back && rest.shift(),
          }));
          const old = rest.shift();
          return (from as Parts).map((part, k) => {
            const rows = stencilRows(
              tf,
              part,
              sides.map(({ front, back }) => ({ front: front?.[k], back: back?.[k] })),
              spec,
            );
            if (!old) return rows;
            const before = old[k] as Tensor;
            if (whole) return tf.add(before, rows);
            const added = mode === 'add' ? tf.add(rows, cut(tf, before, shape, range)) : rows;
            return replaceRows(tf, before, added, shape, range);
          });
        });
      };
    },

    convolve(x, h, y, spec) {
      const axes = filterAxes(spec);
      if (product(spec.xShape) * product(spec.hShape) === 0) fill(first(y, product(spec.yShape)), 0);
      // Engines turn NaN into an infinity where the filter has one tap
      else if (axes && product(spec.hShape) > 1 && !isInteger(y.storage.dtype) && memory.isFinite(h.storage))
        memory.compute(
          [first(x, product(spec.xShape)), first(h, product(spec.hShape))],
          first(y, product(spec.yShape)),
          (tf, [from, filter]) => convolution(tf, from as Parts, filter as Parts, spec, axes),
        );
      else return false;
    },

    gather(x, y, table) {
      const { outer, nx, ny, inner, width, index, weights } = table;
      const target = first(y, outer * ny * inner);
      if (nx * width === 0) fill(target, 0);
      else if (isInteger(x.storage.dtype)) return false;
      else {
        const operands = [
          first(x, outer * nx * inner),
          first(index, ny * width),
          ...(weights ? [first(weights, ny * width)] : []),
        ];
        memory.compute(operands, target, (tf, [from, places, factors]) =>
          gatherRows(tf, from as Parts, {
            ...table,
            index: (places as Parts)[0] as Tensor,
            weights: factors,
          }),
        );
      }
    },
  };
}
