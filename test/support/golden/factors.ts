import * as xp from '../../../src/array/index.js';
import type { NDArray } from '../../../src/core/array/ndarray.js';
import type { Trial } from './trial.js';

const adjoint = (x: NDArray): NDArray => xp.conj(xp.swapaxes(x, -2, -1));
const productOf = (a: NDArray, b: NDArray): NDArray => xp.matmul(a, b) as NDArray;
const sizeOf = (x: NDArray, axis: number): number => x.shape.at(axis) as number;
const columns = (x: NDArray, k: number): NDArray => xp.getItem(x, ['...', [null, k, null]]) as NDArray;
const rows = (x: NDArray, k: number): NDArray =>
  xp.getItem(x, ['...', [null, k, null], [null, null, null]]) as NDArray;
const identity = (like: NDArray, n: number): NDArray =>
  xp.broadcastTo(xp.eye(n, { dtype: like.dtype, backend: like.backend }), [...like.shape.slice(0, -2), n, n]);

/** Compares the columns of x with orthonormal ones. */
function areOrthonormal(trial: Trial, name: string, x: NDArray): void {
  trial.compareArrays(`${name}: orthonormal`, productOf(adjoint(x), x), identity(x, sizeOf(x, -1)));
}

/** R with a diagonal that is not negative: the factors of its rows are free. */
function normalised(r: NDArray): NDArray {
  const line = xp.diagonal(r, { axis1: -2, axis2: -1 });
  const moduli = xp.abs(line);
  const isZero = xp.equal(moduli, 0);
  const phases = xp.where(isZero, 1, xp.divide(xp.conj(line), xp.where(isZero, 1, moduli)));
  const k = sizeOf(r, -2) - sizeOf(phases, -1);
  const all = xp.pad(phases, [...r.shape.slice(0, -2).map(() => [0, 0] as const), [0, k]], {
    constantValues: 1,
  });
  return xp.multiply(r, xp.expandDims(all, -1));
}

type Check = (trial: Trial, a: NDArray, parts: readonly NDArray[], file: string) => void;

/** The comparisons of factors, which are not unique, with the conditions that they fulfil. */
export const FACTORS: Readonly<Record<string, Check>> = {
  svd(trial, a, parts, file) {
    const [u, s, vh] = parts as [NDArray, NDArray, NDArray];
    const k = sizeOf(s, -1);
    trial.compare('singular values', s, file);
    const scaled = xp.multiply(columns(u, k), xp.expandDims(s, -2));
    trial.compareArrays('U diag(s) Vh', productOf(scaled, rows(vh, k)), a);
    areOrthonormal(trial, 'U', u);
    areOrthonormal(trial, 'V', adjoint(vh));
    const { full_matrices: full = true } =
      (trial.source.content as { kwargs?: { full_matrices?: boolean } }).kwargs ?? {};
    const [m, n] = [sizeOf(a, -2), sizeOf(a, -1)];
    trial.compareNumbers('shape of U', u.shape.slice(-2), [m, full ? m : k]);
    trial.compareNumbers('shape of Vh', vh.shape.slice(-2), [full ? n : k, n]);
  },
  eigh(trial, a, parts, file) {
    const [w, v] = parts as [NDArray, NDArray];
    trial.compare('eigenvalues', w, file);
    trial.compareArrays('A V', productOf(a, v), xp.multiply(v, xp.expandDims(w, -2)));
    areOrthonormal(trial, 'V', v);
  },
  qr(trial, a, parts, file) {
    const [q, r] = parts as [NDArray, NDArray];
    trial.compareNumbers('shape of R', r.shape, trial.source.read(file).shape);
    trial.compare('R', normalised(r), file);
    trial.compareArrays('Q R', productOf(q, r), a);
    areOrthonormal(trial, 'Q', q);
    trial.compareArrays('R below its diagonal', xp.tril(r, -1), xp.zerosLike(r));
  },
};
