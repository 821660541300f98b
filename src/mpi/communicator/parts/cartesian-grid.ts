import { MpiError } from '../../../core/base/errors.js';
import { isListOf } from '../../../core/base/options.js';
import { textOf } from '../../../core/base/text-of.js';
import type { CartesianCommunicator, Communicator } from '../../../core/ports/communicator.js';

/** A grid of ranks, row-major as in MPI: the last axis varies fastest. */
export class CartesianGrid {
  readonly dims: readonly number[];
  readonly periodic: readonly boolean[];
  readonly size: number;

  /**
   * @throws {@link MpiError} if the dims are invalid or the grid has more places than there are
   * ranks
   */
  constructor(dims: readonly number[], periodic: readonly boolean[] | undefined, ranks: number) {
    if (!isListOf(dims, (n: number) => Number.isSafeInteger(n) && n >= 1))
      throw new MpiError(`cart: expected dims of positive integers, received ${textOf(dims)}`);
    if (periodic !== undefined && !isListOf(periodic, (p) => typeof p === 'boolean'))
      throw new MpiError(
        `cart: expected 'periodic' to be a list of true and false, received ${textOf(periodic)}`,
      );
    this.dims = [...dims];
    this.periodic = periodic ? [...periodic] : dims.map(() => false);
    if (this.periodic.length !== dims.length) {
      throw new MpiError(
        `cart: expected 'periodic' for ${dims.length} axes, received ${this.periodic.length}`,
      );
    }
    this.size = dims.reduce((product, n) => product * n, 1);
    if (this.size > ranks)
      throw new MpiError(
        `cart: a grid of ${dims.join(' × ')} needs ${this.size} ranks, the communicator has ${ranks}`,
      );
  }

  /** What a rank's communicator has besides the members of {@link Communicator}. */
  methodsOf(rank: number): Omit<CartesianCommunicator, keyof Communicator> {
    return {
      dims: this.dims,
      periodic: this.periodic,
      coords: this.coordsOf(rank),
      coordsOf: (other) => this.coordsOf(other),
      rankOf: (coords) => this.rankOf(coords),
      shift: (axis, displacement = 1) => this.shift(rank, axis, displacement),
    };
  }

  coordsOf(rank: number): number[] {
    if (!Number.isInteger(rank) || rank < 0 || rank >= this.size) {
      throw new MpiError(`coordsOf: expected a rank from 0 to ${this.size - 1}, received ${textOf(rank)}`);
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
    if (!isListOf(coords, Number.isInteger) || coords.length !== this.dims.length) {
      throw new MpiError(
        `rankOf: expected ${this.dims.length} integer coordinates, received ${textOf(coords)}`,
      );
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

  shift(
    rank: number,
    axis: number,
    displacement: number,
  ): { source: number | undefined; destination: number | undefined } {
    if (!Number.isInteger(axis) || axis < 0 || axis >= this.dims.length) {
      throw new MpiError(
        `shift: expected an axis from 0 to ${this.dims.length - 1}, received ${textOf(axis)}`,
      );
    }
    if (!Number.isInteger(displacement))
      throw new MpiError(`shift: expected an integer displacement, received ${textOf(displacement)}`);
    const moved = (by: number): number | undefined =>
      this.rankOf(this.coordsOf(rank).with(axis, (this.coordsOf(rank)[axis] as number) + by));
    return { source: moved(-displacement), destination: moved(displacement) };
  }
}
