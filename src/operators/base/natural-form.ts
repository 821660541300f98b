import { ShapeError } from '../../core/base/errors.js';
import { type Shape, sameShape } from '../../core/base/shape.js';
import type { DistributedArray } from '../../core/distributed/distributed-array.js';
import { Layout } from '../../core/distributed/layout.js';
import { isRows } from '../../core/distributed/redistribution.js';
import { flatOf, rowsOf } from '../../core/distributed/row-layout.js';
import type { DistributedSpace } from '../../core/distributed/space.js';
import { TransferPlan } from '../../core/distributed/transfer.js';
import { seenIn } from '../../core/vector/vector.js';
import { withWorkspace } from '../../core/vector/workspace.js';

/**
 * How a vector is seen in its natural form: it is in it, its memory can be, or its elements have to
 * move (`rows`: first to whole rows).
 */
interface Form {
  readonly space: DistributedSpace;
  readonly kind: 'same' | 'view' | 'rows' | 'transfer';
}

/**
 * An operator's vectors in the form it works on: the global shape `dims`, each rank's part whole
 * rows. Flat vectors whose parts are whole rows are seen so without copying; others are aligned by
 * a transfer between neighbours. A replicated vector is worked on in parts, one a rank.
 */
export class NaturalForm {
  readonly #dims: Shape;
  /** The layout to work on, where the operator has one of its own. */
  readonly #own: Layout | undefined;
  #rows: NaturalForm | undefined;
  readonly #forms = new WeakMap<DistributedSpace, Form>();

  constructor(dims: Shape, own?: Layout) {
    this.#dims = dims;
    this.#own = own;
  }

  /** The space in which vectors of `space` are worked on. Never communicates. */
  spaceOf(space: DistributedSpace): DistributedSpace {
    return this.#formOf(space).space;
  }

  /** Calls `body` with x in natural form. */
  read(x: DistributedArray, body: (x: DistributedArray) => void): void {
    this.#lend(x, true, false, body);
  }

  /**
   * Calls `body` with y in natural form and takes over what it wrote. With `keep` it sees the old
   * values.
   */
  write(y: DistributedArray, body: (y: DistributedArray) => void, keep = false): void {
    this.#lend(y, keep, true, body);
  }

  #lend(x: DistributedArray, read: boolean, write: boolean, body: (x: DistributedArray) => void): void {
    const form = this.#formOf(x.space);
    if (form.kind === 'same') return body(x);
    if (form.kind === 'view') return body(seenIn(x, form.space));
    if (form.kind === 'rows') {
      this.#rows ??= new NaturalForm(this.#dims);
      return this.#rows.#lend(x, read, write, (rows) => this.#lend(rows, read, write, body));
    }
    const [outside, inside] = [
      x.layout,
      x.layout.globalShape.length === 1 ? flatOf(form.space.layout) : form.space.layout,
    ];
    withWorkspace(form.space, (work) => {
      if (read) TransferPlan.between(outside, inside, x.comm).run(x.local, work.local);
      body(work);
      if (write) TransferPlan.between(inside, outside, x.comm).run(work.local, x.local);
    });
  }

  #formOf(space: DistributedSpace): Form {
    let form = this.#forms.get(space);
    if (!form) {
      form = this.#find(space);
      this.#forms.set(space, form);
    }
    return form;
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
