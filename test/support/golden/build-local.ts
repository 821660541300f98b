import type { Backend } from '../../../src/core/backend.js';
import { DERIVATIVE_KINDS } from '../../../src/core/derivative-scheme.js';
import {
  type AnyLocalOperator,
  BlockDiag,
  Convolve1D,
  Diagonal,
  FirstDerivative,
  Gradient,
  HStack,
  Identity,
  Laplacian,
  MatrixMult,
  PoststackLinearModelling,
  SecondDerivative,
  Smoothing1D,
  Smoothing2D,
  Transpose,
  VStack,
} from '../../../src/local/index.js';
import { combine } from './algebra.js';
import type { GoldenCase, OperatorNode } from './case.js';
import { NotSupported } from './not-supported.js';
import { given, Params, required } from './params.js';

type Build = (node: OperatorNode) => AnyLocalOperator;
type Entry = (p: Params, build: Build) => AnyLocalOperator;

const kind = (p: Params) => p.oneOf('kind', DERIVATIVE_KINDS);
const dims = (p: Params) => required(p.numberOrList('dims'), 'dims');
const operators = (p: Params, build: Build) => required(p.operators('ops'), 'ops').map(build);

/** One line an operator. Arguments that do not change numbers (engine, method, explicit, …) are not read. */
const OPERATORS: Readonly<Record<string, Entry>> = {
  MatrixMult: (p) => new MatrixMult(required(p.array('A'), 'A'), given({ otherdims: p.numberOrList('otherdims'), dtype: p.dtype() })),
  Identity: (p) => new Identity(required(p.numberOrList('N'), 'N'), p.numberOrList('M'), given({ dtype: p.dtype() })),
  Diagonal: (p) =>
    new Diagonal(required(p.array('diag'), 'diag'), given({ dims: p.numberOrList('dims'), axis: p.number('axis'), dtype: p.dtype() })),
  Transpose: (p) => new Transpose(dims(p), required(p.numbers('axes'), 'axes'), given({ dtype: p.dtype() })),
  FirstDerivative: (p) =>
    new FirstDerivative(
      dims(p),
      given({
        axis: p.number('axis'),
        sampling: p.number('sampling'),
        kind: kind(p),
        edge: p.flag('edge'),
        order: p.oneOf('order', [3, 5] as const),
        dtype: p.dtype(),
      }),
    ),
  SecondDerivative: (p) =>
    new SecondDerivative(
      dims(p),
      given({ axis: p.number('axis'), sampling: p.number('sampling'), kind: kind(p), edge: p.flag('edge'), dtype: p.dtype() }),
    ),
  Laplacian: (p) =>
    new Laplacian(
      dims(p),
      given({
        axes: p.numbers('axes'),
        weights: p.numberOrList('weights'),
        sampling: p.numberOrList('sampling'),
        kind: kind(p),
        edge: p.flag('edge'),
        dtype: p.dtype(),
      }),
    ),
  Gradient: (p) =>
    new Gradient(dims(p), given({ sampling: p.numberOrList('sampling'), kind: kind(p), edge: p.flag('edge'), dtype: p.dtype() })),
  Convolve1D: (p) =>
    new Convolve1D(dims(p), required(p.array('h'), 'h'), given({ offset: p.number('offset'), axis: p.number('axis'), dtype: p.dtype() })),
  Smoothing1D: (p) =>
    new Smoothing1D(required(p.number('nsmooth'), 'nsmooth'), dims(p), given({ axis: p.number('axis'), dtype: p.dtype() })),
  Smoothing2D: (p) =>
    new Smoothing2D(required(p.numberOrList('nsmooth'), 'nsmooth'), dims(p), given({ axes: p.numbers('axes'), dtype: p.dtype() })),
  PoststackLinearModelling: (p) =>
    new PoststackLinearModelling(
      required(p.array('wav'), 'wav'),
      required(p.number('nt0'), 'nt0'),
      given({ spatdims: p.numberOrList('spatdims'), kind: kind(p), dtype: p.dtype() }),
    ),
  VStack: (p, build) => new VStack(operators(p, build)),
  HStack: (p, build) => new HStack(operators(p, build)),
  BlockDiag: (p, build) => new BlockDiag(operators(p, build)),
};

/** The operator of one rank that a spec of case.json describes, its data on a backend. Throws {@link NotSupported}. */
export function buildLocal(node: OperatorNode, source: GoldenCase, backend: Backend): AnyLocalOperator {
  const p = new Params(node.op, node.params ?? {}, source, backend);
  const build: Build = (child) => buildLocal(child, source, backend);
  if (node.args) return combine(node.op, node.args.map(build), p);
  const entry = OPERATORS[node.op];
  if (!entry) throw new NotSupported(`operator ${node.op}`);
  return entry(p, build);
}
