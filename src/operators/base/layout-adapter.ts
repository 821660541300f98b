import { ShapeError } from '../../core/base/errors.js';
import { memo } from '../../core/base/memo.js';
import { type Shape, sameShape } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { isRows } from '../../core/distributed/redistribution.js';
import { flatOf, rowsOf } from '../../core/distributed/row-layout.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import { TransferPlan } from '../../core/distributed/transfer.js';
import { viewAs } from '../../core/vector/vector.js';
import { borrow, giveBack } from '../../core/vector/workspace.js';

/**
 * How a vector becomes one of the layout to compute in. `same`: it is in that layout. `view`: its
 * memory is. `transfer`: its elements have to move. `rows`: they move to whole rows first.
 */
interface Form {
  readonly space: DistributedSpace;
  readonly kind: 'same' | 'view' | 'rows' | 'transfer';
}

/**
 * Presents an operator's vectors in the layout that it computes in, with the global shape `dims`.
 * Vectors of that shape keep their layout, unless the operator has one of its own. A flat vector is
 * viewed without copying if its parts are whole rows. Other vectors are copied into a workspace by
 * a transfer between neighbours. Each rank computes on a part of a replicated vector.
 */
export class LayoutAdapter {
  readonly #dims: Shape;
  /** The layout to compute in, if the operator has one of its own. */
  readonly #own: Layout | undefined;
  #rows: LayoutAdapter | undefined;
  readonly #forms = new WeakMap<DistributedSpace, Form>();

  constructor(dims: Shape, own?: Layout) {
    this.#dims = dims;
    this.#own = own;
  }

  /** The space in which vectors of `space` are presented. Never communicates. */
  spaceOf(space: DistributedSpace): DistributedSpace {
    return this.#formOf(space).space;
  }

  /**
   * Returns x in the layout to compute in: x itself, a view, or a workspace. The caller must pass
   * it to {@link close}. Collective if elements move.
   * @param reads true if the values of x are needed
   */
  open(x: DistributedArray, reads: boolean): DistributedArray {
    const { kind, space } = this.#formOf(x.space);
    if (kind === 'same') return x;
    if (kind === 'view') return viewAs(x, space);
    const work = borrow(space);
    if (reads) this.#copy(x, work, 'in');
    return work;
  }

  /**
   * Ends the use of `opened`, which {@link open} returned for x.
   * @param writes true if the values of `opened` are copied to x
   */
  close(opened: DistributedArray, x: DistributedArray, writes: boolean): void {
    const { kind, space } = this.#formOf(x.space);
    if (kind === 'same' || kind === 'view') return;
    try {
      if (writes) this.#copy(x, opened, 'out');
    } finally {
      giveBack(space, opened);
    }
  }

  /** Calls `body` with x in the layout to compute in. */
  read(x: DistributedArray, body: (x: DistributedArray) => void): void {
    const opened = this.open(x, true);
    try {
      body(opened);
    } finally {
      this.close(opened, x, false);
    }
  }

  /**
   * Calls `body` with y in the layout to compute in, then copies to y what it wrote.
   * @param keep true if `body` reads the old values
   */
  write(y: DistributedArray, body: (y: DistributedArray) => void, keep = false): void {
    const opened = this.open(y, keep);
    let done = false;
    try {
      body(opened);
      done = true;
    } finally {
      this.close(opened, y, done);
    }
  }

  /** Copies the elements of x into the workspace, or back. */
  #copy(x: DistributedArray, work: DistributedArray, direction: 'in' | 'out'): void {
    if (this.#formOf(x.space).kind === 'rows') {
      this.#rows ??= new LayoutAdapter(this.#dims);
      const rows = this.#rows.open(x, direction === 'in');
      try {
        this.#copy(rows, work, direction);
      } finally {
        this.#rows.close(rows, x, direction === 'out');
      }
      return;
    }
    const inside = x.layout.globalShape.length === 1 ? flatOf(work.layout) : work.layout;
    if (direction === 'in') TransferPlan.between(x.layout, inside, x.comm).run(x.local, work.local);
    else TransferPlan.between(inside, x.layout, x.comm).run(work.local, x.local);
  }

  #formOf(space: DistributedSpace): Form {
    return memo(this.#forms, space, () => this.#find(space));
  }

  #find(space: DistributedSpace): Form {
    const { layout } = space;
    const natural = sameShape(layout.globalShape, this.#dims);
    if (layout.kind === 'concatenated') {
      throw new ShapeError(
        `expected an array of shape [${this.#dims.join(', ')}], or one that is flat in C order; ` +
          `received concatenated blocks: ${layout}`,
      );
    }
    const target =
      this.#own ??
      (layout.replicated
        ? Layout.split(this.#dims, layout.ranks)
        : natural
          ? layout
          : rowsOf(layout, this.#dims));
    if (target.equals(layout)) return { space, kind: 'same' };
    const rows = isRows(target);
    const kind = natural ? 'transfer' : !rows ? 'rows' : flatOf(target).equals(layout) ? 'view' : 'transfer';
    return { space: space.withLayout(target), kind };
  }
}
