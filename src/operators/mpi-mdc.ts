import type { NDArray } from '../core/array/ndarray.js';
import { complexOf, type DType, isComplex, realOf } from '../core/base/dtype.js';
import { type Defaults, withDefaults } from '../core/base/options.js';
import type { Shape } from '../core/base/shape.js';
import type { DistributedArray } from '../core/distributed/distributed-array.js';
import { Layout } from '../core/distributed/layout.js';
import { flatOf } from '../core/distributed/row-layout.js';
import type { DistributedSpace } from '../core/distributed/space.js';
import type { SpaceOptions } from '../core/operator/linear-operator.js';
import { resolveCommunicator } from '../core/ports/defaults.js';
import { FourierPlans } from '../core/schemes/fourier-plan.js';
import { FOURIER_DEFAULTS, FourierScheme } from '../core/schemes/fourier-scheme.js';
import type { Space } from '../core/vector/vector.js';
import { borrow, giveBack, withWorkspace } from '../core/vector/workspace.js';
import { Fredholm1 } from '../local/geophysics/fredholm1.js';
import { MDC_DEFAULTS, type MDCOptions, mdcScale } from '../local/geophysics/mdc.js';
import { LayoutAdapter } from './base/layout-adapter.js';
import { DISTRIBUTED_DEFAULTS, type DistributedOptions } from './distributed-options.js';
import { MPILinearOperator } from './mpi-linear-operator.js';
import { imageLayout } from './parts/image-layout.js';
import { ownSlices, rankSlices, sliceLayout } from './parts/rank-slices.js';

/** Options of {@link MPIMDC}. */
export interface MPIMDCOptions extends MDCOptions, DistributedOptions {}

const DEFAULTS = { ...MDC_DEFAULTS, ...DISTRIBUTED_DEFAULTS } satisfies Defaults<MPIMDCOptions>;

/**
 * The domain or the range of the operator: its traces, and their spectra, which are cut as the
 * kernel's frequencies are.
 */
interface Side {
  readonly dims: Shape;
  /** For replicated vectors: each rank computes on some of the traces. */
  readonly replicated: LayoutAdapter;
  readonly scattered: LayoutAdapter;
  readonly spectra: Layout;
  readonly plans: FourierPlans;
}

const formOf = ({ layout }: { readonly layout: Layout }, side: Side): LayoutAdapter =>
  layout.replicated ? side.replicated : side.scattered;

/**
 * Multi-dimensional convolution, with the frequencies distributed over the ranks:
 * `y = F⁻¹ s G F x`. F is the transform over time, G `[nfmax, ns, nr]` a matrix for each frequency,
 * and `s = dr·dt·√nt`. Frequencies above those of G are 0. Shapes: `[nt, nr, nv]` to
 * `[nt, ns, nv]`, real. The natural model is BROADCAST, and its data is BROADCAST. A SCATTER model,
 * split along any axis, has SCATTER data.
 *
 * Each rank transforms its share of the traces. The spectra are moved to the ranks of their
 * frequencies and back: two transfers, and one allgather for BROADCAST data. Vectors that are split
 * along time are moved to whole traces first, and data is split again: two more transfers. Holds G.
 * Work: at most four arrays of the size of this rank's share of the larger one of model and data:
 * its traces, one spectrum, and two of a transform. The spectra of both exist together during the
 * product only.
 *
 * @example new MPIMDC(NDArray.normal([2, 3, 2], { dtype: 'complex128' }), 9)
 */
export class MPIMDC extends MPILinearOperator {
  readonly #kernel: Fredholm1;
  readonly #scale: number;
  readonly #conj: boolean;
  readonly #model: Side;
  readonly #data: Side;

  /**
   * Collective: one object exchange. An error on one rank is thrown on all ranks.
   * @param G this rank's frequencies, `[count, ns, nr]`, those of rank 0 first
   */
  constructor(G: NDArray, nt: number, nv = 1, options?: MPIMDCOptions) {
    const comm = resolveCommunicator(options?.comm);
    const slices = rankSlices('MPIMDC', G, comm, () => {
      const { comm: _comm, ...rest } = withDefaults('MPIMDC', options, DEFAULTS);
      mdcScale('MPIMDC', nt, rest);
      return { nt, nv, ...rest };
    });
    const given = withDefaults('MPIMDC', options, DEFAULTS);
    const { twosided, conj } = given;
    const { counts, total, rows, columns, dtype } = slices;
    const real = realOf(dtype);
    const side = (traces: number, centred: boolean): Side => {
      const dims = [nt, traces, nv];
      const fourier = { ...FOURIER_DEFAULTS, real: true, ifftshiftBefore: centred, dtype: real };
      const scheme = new FourierScheme('MPIMDC', dims, [0], fourier, { kept: total });
      const layout = Layout.split(dims, comm.size, comm.size === 1 ? 0 : nv > traces ? 2 : 1);
      return {
        dims,
        replicated: new LayoutAdapter(dims, layout),
        scattered: new LayoutAdapter(dims),
        spectra: sliceLayout(counts, [traces, nv]),
        plans: new FourierPlans(scheme, comm),
      };
    };
    const [model, data] = [side(columns, twosided), side(rows, false)];
    super({
      dims: model.dims,
      dimsd: data.dims,
      dtype: real,
      holdsData: true,
      complexLinear: false,
      comm,
    });
    this.#kernel = new Fredholm1(G, nv, { dtype: isComplex(dtype) ? dtype : complexOf(dtype) });
    this.#scale = mdcScale('MPIMDC', nt, given);
    this.#conj = conj;
    this.#model = model;
    this.#data = data;
  }

  /**
   * Makes the operator of a global `[nfmax, ns, nr]` that every rank has. Each rank keeps a copy of
   * its share of the frequencies. Collective.
   */
  static fromGlobal(G: NDArray, nt: number, nv = 1, options?: MPIMDCOptions): MPIMDC {
    return new MPIMDC(ownSlices(G, resolveCommunicator(options?.comm)), nt, nv, options);
  }

  override domain(options?: SpaceOptions): DistributedSpace {
    const space = this.spaceOn(Layout.replicated(this.dims, this.comm.size), options);
    return space.withDType(realOf(space.dtype));
  }
  override rangeOf(x: Space<DistributedArray>): DistributedSpace {
    return this.#image(x, this.#model, this.#data);
  }
  override domainOf(y: Space<DistributedArray>): DistributedSpace {
    return this.#image(y, this.#data, this.#model);
  }
  #image(space: Space<DistributedArray>, from: Side, to: Side): DistributedSpace {
    this.checkShape(space, from.dims);
    const input = this.checkComm(space).withDType(realOf(this.inputDType(space.dtype)));
    formOf(input, from).spaceOf(input);
    const { layout } = input;
    if (!layout.replicated)
      return input.withLayout(imageLayout(layout, { dims: from.dims }, { dims: to.dims }));
    const natural = Layout.replicated(to.dims, layout.ranks);
    return input.withLayout(layout.globalShape.length === 1 ? flatOf(natural) : natural);
  }
  protected override forward(x: DistributedArray, y: DistributedArray): void {
    this.#run(x, y, this.#model, this.#data, (z, w) => this.#kernel.matvec(z, w));
  }
  protected override adjoint(y: DistributedArray, x: DistributedArray): void {
    this.#run(y, x, this.#data, this.#model, (w, z) => this.#kernel.rmatvec(w, z));
  }
  #run(
    x: DistributedArray,
    y: DistributedArray,
    from: Side,
    to: Side,
    multiply: (z: NDArray, w: NDArray) => void,
  ): void {
    const dtype: DType = realOf(x.dtype);
    if (x.dtype !== dtype) {
      withWorkspace(x.space.withDType(dtype), (work) => {
        x.backend.cast(x.local, work.local);
        this.#run(work, y, from, to, multiply);
      });
      return;
    }
    const spectra = (side: Side) => x.space.withDType(complexOf(dtype)).withLayout(side.spectra);
    const [before, after] = [spectra(from), spectra(to)];
    // Each spectrum is released as soon as possible, because transforms have work arrays of their
    // own.
    let w: DistributedArray | undefined;
    try {
      w = withWorkspace(before, (z) => {
        formOf(x, from).read(x, (u) => from.plans.between(u.layout, from.spectra).forward(u.local, z.local));
        w = borrow(after);
        // conj(G) z = conj(G conj(z)). It is cheaper to conjugate the spectra than G, which is
        // larger.
        if (this.#conj) z.conjInPlace();
        multiply(z.local, w.local);
        return w;
      });
      const product = w;
      if (this.#conj) product.conjInPlace();
      if (this.#scale !== 1) product.scale(this.#scale);
      formOf(y, to).write(y, (v) => to.plans.between(v.layout, to.spectra).adjoint(product.local, v.local));
    } finally {
      if (w) giveBack(after, w);
    }
  }
}
