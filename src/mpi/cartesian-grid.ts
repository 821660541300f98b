import { MpiError } from '../core/errors.js';

/** Ranks on a grid, row-major as in MPI: the last axis varies fastest. */
export class CartesianGrid {
  readonly dims: readonly number[];
  readonly periodic: readonly boolean[];
  readonly size: number;

  /** Throws {@link MpiError} where the grid is no grid or has more places than there are ranks. */
  constructor(dims: readonly number[], periodic: readonly boolean[] | undefined, ranks: number) {
    for (const n of dims) {
      if (!Number.isInteger(n) || n < 1) throw new MpiError(`cart: expected dims of positive integers, received [${dims.join(', ')}]`);
    }
    this.dims = [...dims];
    this.periodic = periodic ? [...periodic] : dims.map(() => false);
    if (this.periodic.length !== dims.length) {
      throw new MpiError(`cart: expected 'periodic' for ${dims.length} axes, received ${this.periodic.length}`);
    }
    this.size = dims.reduce((product, n) => product * n, 1);
    if (this.size > ranks)
      throw new MpiError(`cart: a grid of ${dims.join(' × ')} needs ${this.size} ranks, the communicator has ${ranks}`);
  }

  coordsOf(rank: number): number[] {
    if (!Number.isInteger(rank) || rank < 0 || rank >= this.size) {
      throw new MpiError(`coordsOf: expected a rank from 0 to ${this.size - 1}, received ${rank}`);
    }
    const coords: number[] = [];
    let rest = rank;
    for (const n of this.dims.toReversed()) {
      coords.unshift(rest % n);
      rest = Math.floor(rest / n);
    }
    return coords;
  }

  rankOf(coords: readonly number[]): number | undefined {
    if (coords.length !== this.dims.length || !coords.every(Number.isInteger)) {
      throw new MpiError(`rankOf: expected ${this.dims.length} integer coordinates, received [${coords.join(', ')}]`);
    }
    let rank = 0;
    for (const [axis, n] of this.dims.entries()) {
      let c = coords[axis] as number;
      if (c < 0 || c >= n) {
        if (!this.periodic[axis]) return undefined;
        c = ((c % n) + n) % n;
      }
      rank = rank * n + c;
    }
    return rank;
  }

  shift(rank: number, axis: number, displacement: number): { source: number | undefined; destination: number | undefined } {
    if (!Number.isInteger(axis) || axis < 0 || axis >= this.dims.length) {
      throw new MpiError(`shift: expected an axis from 0 to ${this.dims.length - 1}, received ${axis}`);
    }
    if (!Number.isInteger(displacement)) throw new MpiError(`shift: expected an integer displacement, received ${displacement}`);
    const moved = (by: number): number | undefined =>
      this.rankOf(this.coordsOf(rank).with(axis, (this.coordsOf(rank)[axis] as number) + by));
    return { source: moved(-displacement), destination: moved(displacement) };
  }
}
