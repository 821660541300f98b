import { splitCount, splitStart } from '../../../src/core/distributed/layout.js';
import type { AnyOperator } from '../../../src/core/operator/linear-operator.js';
import type { Backend } from '../../../src/core/ports/backend.js';
import type { Communicator } from '../../../src/core/ports/communicator.js';
import { DERIVATIVE_KINDS } from '../../../src/core/schemes/derivative-scheme.js';
import type { AnyLocalOperator } from '../../../src/local/index.js';
import {
  MPIBlockDiag,
  MPIFFT2D,
  MPIFFTND,
  MPIFirstDerivative,
  MPIFredholm1,
  MPIGradient,
  MPIHalo,
  MPIHStack,
  MPILaplacian,
  MPILinearOperator,
  MPIMDC,
  MPINonStationaryConvolve1D,
  MPISecondDerivative,
  MPIStackedBlockDiag,
  MPIStackedVStack,
  MPIVStack,
} from '../../../src/operators/index.js';
import { combine } from './algebra.js';
import { buildLocal, fourier, mdc } from './build-local.js';
import type { GoldenCase, OperatorNode } from './case.js';
import { NotSupported } from './not-supported.js';
import { given, Params, required } from './params.js';

/** The input of an entry that makes an operator. */
interface Site {
  readonly comm: Communicator;
  /** Builds a distributed operator from its spec. */
  readonly build: (node: OperatorNode) => AnyOperator;
  readonly local: (node: OperatorNode) => AnyLocalOperator;
}
type Entry = (p: Params, site: Site) => AnyOperator;

const dims = (p: Params) => required(p.numberOrList('dims'), 'dims');
const specs = (p: Params) => required(p.operators('ops'), 'ops');
const derivative = (p: Params, { comm }: Site) => ({
  kind: p.oneOf('kind', DERIVATIVE_KINDS),
  edge: p.flag('edge'),
  dtype: p.dtype(),
  comm,
});

/**
 * This rank's share of a global list. Every rank builds the whole list, so that a missing or wrong
 * entry is an error on all of them.
 */
function locals(p: Params, { comm, local }: Site): AnyLocalOperator[] {
  const ops = specs(p).map(local);
  const start = splitStart(ops.length, comm.size, comm.rank);
  return ops.slice(start, start + splitCount(ops.length, comm.size, comm.rank));
}

const stacked = (p: Params, { build }: Site) => specs(p).map(build);

/** One line per operator. */
const OPERATORS: Readonly<Record<string, Entry>> = {
  MPIBlockDiag: (p, site) => new MPIBlockDiag(locals(p, site), { comm: site.comm }),
  MPIVStack: (p, site) => new MPIVStack(locals(p, site), { comm: site.comm }),
  MPIHStack: (p, site) => new MPIHStack(locals(p, site), { comm: site.comm }),
  MPIStackedBlockDiag: (p, site) => new MPIStackedBlockDiag(stacked(p, site)),
  MPIStackedVStack: (p, site) => new MPIStackedVStack(stacked(p, site)),
  MPILinearOperator: (p, { comm, local }) =>
    MPILinearOperator.wrap(local(required(p.operator('Op'), 'Op')), { comm }),
  MPIFirstDerivative: (p, site) =>
    new MPIFirstDerivative(
      dims(p),
      given({
        ...derivative(p, site),
        axis: p.number('axis'),
        sampling: p.number('sampling'),
        order: p.oneOf('order', [3, 5] as const),
      }),
    ),
  MPISecondDerivative: (p, site) =>
    new MPISecondDerivative(
      dims(p),
      given({ ...derivative(p, site), axis: p.number('axis'), sampling: p.number('sampling') }),
    ),
  MPILaplacian: (p, site) =>
    new MPILaplacian(
      dims(p),
      given({
        ...derivative(p, site),
        axes: p.numbers('axes'),
        weights: p.numbers('weights'),
        sampling: p.numberOrList('sampling'),
      }),
    ),
  MPIGradient: (p, site) =>
    new MPIGradient(dims(p), given({ ...derivative(p, site), sampling: p.numberOrList('sampling') })),
  MPIFFT2D: (p, { comm }) =>
    new MPIFFT2D(
      dims(p),
      given({ ...fourier(p), axes: p.numbers('axes'), nffts: p.numberOrList('nffts'), comm }),
    ),
  MPIFFTND: (p, { comm }) =>
    new MPIFFTND(
      dims(p),
      given({ ...fourier(p), axes: p.numbers('axes'), nffts: p.numberOrList('nffts'), comm }),
    ),
  MPIFredholm1: (p, { comm }) =>
    MPIFredholm1.fromGlobal(required(p.array('G'), 'G'), p.number('nz'), given({ dtype: p.dtype(), comm })),
  MPIMDC: (p, { comm }) =>
    MPIMDC.fromGlobal(
      required(p.array('G'), 'G'),
      required(p.number('nt'), 'nt'),
      p.number('nv'),
      given({ ...mdc(p), comm }),
    ),
  MPINonStationaryConvolve1D: (p, { comm }) =>
    new MPINonStationaryConvolve1D(
      dims(p),
      required(p.array('hs'), 'hs'),
      required(p.numbers('ih'), 'ih'),
      given({ axis: p.number('axis'), dtype: p.dtype(), comm }),
    ),
  MPIHalo: (p, { comm }) =>
    new MPIHalo(dims(p), {
      halo: required(p.numberOrList('halo'), 'halo'),
      ...given({ procGrid: p.numbers('proc_grid_shape'), dtype: p.dtype(), comm }),
    }),
};

/**
 * The distributed operator that a spec of case.json describes. Collective.
 *
 * @throws {@link NotSupported} on every rank if the library or the backend lacks something
 */
export function buildMpi(
  node: OperatorNode,
  source: GoldenCase,
  backend: Backend,
  comm: Communicator,
): AnyOperator {
  const p = new Params(node.op, node.params ?? {}, source, backend);
  const build = (child: OperatorNode) => buildMpi(child, source, backend, comm);
  if (node.args) return combine(node.op, node.args.map(build), p);
  const entry = OPERATORS[node.op];
  if (!entry) throw new NotSupported(`operator ${node.op}`);
  return entry(p, { comm, build, local: (child) => buildLocal(child, source, backend) });
}
