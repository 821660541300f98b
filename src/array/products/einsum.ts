import { ArgumentError, ShapeError } from '../../core/base/errors.js';
import { tidy } from '../../core/base/scope.js';
import { formatShape } from '../../core/base/shape.js';
import { textOf } from '../../core/base/text-of.js';
import { type EitherArray, isDistributed, ownPart } from '../../core/distributed/align.js';
import { dropAxes, reduceOver } from '../../core/distributed/reductions.js';
import { unsplit } from '../../core/distributed/unsplit.js';
import type { ArrayLike } from '../operands.js';
import { transposed } from '../shaping.js';
import { contract, type Labelled, numberOr, operandsOf } from './contraction.js';
import { alongGroups } from './diagonals.js';
import type { Product } from './products.js';

/** The labels of the operands and of the result. Those of `...` are numbers, from the last axis. */
interface Subscripts {
  readonly operands: readonly (readonly string[])[];
  readonly to: readonly string[];
}

function parse(subscripts: string, ndims: readonly number[]): Subscripts {
  const text = subscripts.replaceAll(' ', '');
  const [left, right, more] = text.split('->') as [string, string | undefined, string | undefined];
  const terms = left.split(',');
  const isTerm = (term: string): boolean => /^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term);
  if (more !== undefined || !terms.every(isTerm) || !isTerm(right ?? ''))
    throw new ArgumentError(
      `einsum: expected subscripts such as 'ij,jk->ik', received ${textOf(subscripts)}`,
    );
  if (terms.length !== ndims.length)
    throw new ArgumentError(
      `einsum: ${textOf(subscripts)} is for ${terms.length} operands, received ${ndims.length}`,
    );
  let most = 0;
  const expand = (term: string, count: number): string[] => {
    const [before, after] = term.split('...') as [string, string | undefined];
    const dots = after === undefined ? [] : Array.from({ length: count }, (_, k) => `${count - k}`);
    return [...before, ...dots, ...(after ?? '')];
  };
  const operands = terms.map((term, k) => {
    const letters = term.replace('...', '').length;
    const count = (ndims[k] as number) - letters;
    if (count < 0 || (count > 0 && !term.includes('...')))
      throw new ShapeError(`einsum: '${term}' does not fit an operand of ${ndims[k]} axes`);
    if (term.includes('...')) most = Math.max(most, count);
    return expand(term, count);
  });
  const all = operands.flat();
  const once = [...new Set(all)].filter((l) => /[A-Za-z]/.test(l) && all.indexOf(l) === all.lastIndexOf(l));
  const to = right === undefined ? [...expand('...', most), ...once.sort()] : expand(right, most);
  const bad = to.find((l, k) => !all.includes(l) || to.indexOf(l) !== k);
  if (bad !== undefined)
    throw new ArgumentError(`einsum: the result has '${bad}' twice, or no operand has it`);
  return { operands, to };
}

/** An operand in which each label occurs once: repeated ones stand for a diagonal. */
function withoutRepeats(x: EitherArray, labels: readonly string[]): Labelled {
  const unique = [...new Set(labels)];
  if (unique.length === labels.length) return { x, labels };
  const repeated = labels.flatMap((l, k) => (labels.indexOf(l) !== labels.lastIndexOf(l) ? [k] : []));
  const whole = isDistributed(x) ? unsplit('einsum', x, repeated) : x;
  const part = ownPart(whole);
  const shape = unique.map((l) => part.shape[labels.indexOf(l)] as number);
  if (labels.some((l, k) => part.shape[k] !== shape[unique.indexOf(l)]))
    throw new ShapeError(
      `einsum: axes with one label differ in length: ${labels.join('')} of ${formatShape(x.space.shape)}`,
    );
  const groups = unique.map((l) => labels.flatMap((m, k) => (m === l ? [k] : [])));
  const y = alongGroups(part, groups, shape);
  if (!isDistributed(whole)) return { x: y, labels: unique };
  const order = unique.map((l) => labels.indexOf(l));
  const gone = labels.flatMap((_, k) => (order.includes(k) ? [] : [k]));
  const shorter = gone.reduce((layout, k) => layout.withLength(k, 1), whole.layout).without(gone);
  return { x: shorter ? whole.space.withLayout(shorter).wrap(y) : y, labels: unique };
}

/**
 * Sums of products by Einstein's convention, as `numpy.einsum`: labels of axes for each operand,
 * `'ij,jk->ik'`, and those of the result, by default those that occur once, in alphabetic order.
 * `...` stands for axes that broadcast. Operands are joined from the left, two at a time, as
 * products of matrices. Communication as that of `tensordot`, for each pair; an operand that is
 * split along a label that it has twice is moved first.
 */
export function einsum(subscripts: string, ...operands: readonly ArrayLike[]): Product {
  if (typeof subscripts !== 'string' || operands.length === 0)
    throw new ArgumentError(`einsum: expected subscripts and operands, received ${textOf(subscripts)}`);
  return tidy(() => {
    const arrays = operandsOf('einsum', ...operands);
    const ndims = arrays.map((x) => x.space.shape.length);
    const { operands: labels, to } = parse(subscripts, ndims);
    const [first, ...others] = arrays.map((x, k) => withoutRepeats(x, labels[k] as readonly string[]));
    let joined = first as Labelled;
    others.forEach((next, k) => {
      const later = new Set([...others.slice(k + 1).flatMap((other) => other.labels), ...to]);
      const all = [...new Set([...joined.labels, ...next.labels])];
      const kept = k === others.length - 1 ? to : all.filter((l) => later.has(l));
      joined = { x: contract('einsum', joined, next, kept), labels: kept };
    });
    const gone = joined.labels.flatMap((l, k) => (to.includes(l) ? [] : [k]));
    const x = gone.length === 0 ? joined.x : dropAxes(reduceOver('einsum', 'sum', joined.x, gone), gone);
    const left = joined.labels.filter((l) => to.includes(l));
    const order = to.map((l) => left.indexOf(l));
    const isOrdered = order.every((k, i) => k === i);
    const y = isOrdered ? x : transposed('einsum', x, order);
    return numberOr(arrays.some((given) => given === y) ? y.copy() : y);
  });
}
