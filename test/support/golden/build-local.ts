import type { Backend } from '../../../src/core/backend.js';
import { DERIVATIVE_KINDS } from '../../../src/core/derivative-scheme.js';
import { FFT_NORMS } from '../../../src/core/fourier-scheme.js';
import {
  type AnyLocalOperator,
  AVOLinearModelling,
  Bilinear,
  Block,
  BlockDiag,
  CausalIntegration,
  Conj,
  Convolve1D,
  ConvolveND,
  Diagonal,
  FFT,
  FFT2D,
  FFTND,
  FirstDerivative,
  Flip,
  Fredholm1,
  Gradient,
  HStack,
  Identity,
  Imag,
  Interp,
  Kirchhoff,
  Kronecker,
  Laplacian,
  LinearRegression,
  MatrixMult,
  MDC,
  NonStationaryConvolve1D,
  Pad,
  type Padding,
  PoststackLinearModelling,
  PrestackLinearModelling,
  Radon2D,
  Real,
  Regression,
  Restriction,
  Roll,
  SecondDerivative,
  Shift,
  Smoothing1D,
  Smoothing2D,
  Spread,
  Sum,
  Symmetrize,
  Transpose,
  VStack,
  Zero,
} from '../../../src/local/index.js';
import { combine } from './algebra.js';
import type { GoldenCase, OperatorNode } from './case.js';
import { NotSupported } from './not-supported.js';
import { given, Params, required } from './params.js';

type Build = (node: OperatorNode) => AnyLocalOperator;
type Entry = (p: Params, build: Build) => AnyLocalOperator;

const kind = (p: Params) => p.oneOf('kind', DERIVATIVE_KINDS);
const dims = (p: Params) => required(p.numberOrList('dims'), 'dims');
/** Options that all Fourier transforms share. */
export const fourier = (p: Params) => ({
  norm: p.oneOf('norm', FFT_NORMS),
  real: p.flag('real'),
  sampling: p.numberOrList('sampling'),
  ifftshiftBefore: p.flagOrList('ifftshift_before'),
  fftshiftAfter: p.flagOrList('fftshift_after'),
  dtype: p.dtype(),
});
/** Options that multi-dimensional convolutions share. */
export const mdc = (p: Params) => ({
  dt: p.number('dt'),
  dr: p.number('dr'),
  twosided: p.flag('twosided'),
  conj: p.flag('conj'),
  prescaled: p.flag('prescaled'),
});
const operators = (p: Params, build: Build) => required(p.operators('ops'), 'ops').map(build);

/** The options of those that work along one axis. */
const along = (p: Params) => given({ axis: p.number('axis'), dtype: p.dtype() });
/** One pair, or a pair for each axis. */
const padding = (p: Params): Padding | Padding[] => {
  const list = p.inside('pad');
  const pair = ([before, after]: readonly number[] = []): Padding => [required(before, 'pad'), required(after, 'pad')];
  const axes = Object.keys(list.values);
  return typeof list.values['0'] === 'number' ? pair(p.numbers('pad')) : axes.map((k) => pair(list.numbers(k)));
};
const avo = (p: Params) =>
  given({
    vsvp: typeof p.values['vsvp'] === 'number' ? p.number('vsvp') : p.array('vsvp'),
    nt0: p.number('nt0'),
    spatdims: p.numberOrList('spatdims'),
    linearization: p.oneOf('linearization', ['akirich', 'fatti'] as const),
    dtype: p.dtype(),
  });

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
  FFT: (p) =>
    new FFT(
      dims(p),
      given({
        axis: p.number('axis'),
        nfft: p.number('nfft'),
        norm: p.oneOf('norm', FFT_NORMS),
        real: p.flag('real'),
        sampling: p.number('sampling'),
        ifftshiftBefore: p.flag('ifftshift_before'),
        fftshiftAfter: p.flag('fftshift_after'),
        dtype: p.dtype(),
      }),
    ),
  FFT2D: (p) => new FFT2D(dims(p), given({ ...fourier(p), axes: p.numbers('axes'), nffts: p.numberOrList('nffts') })),
  FFTND: (p) => new FFTND(dims(p), given({ ...fourier(p), axes: p.numbers('axes'), nffts: p.numberOrList('nffts') })),
  Shift: (p) =>
    new Shift(
      dims(p),
      p.number('shift') ?? required(p.array('shift'), 'shift'),
      given({ axis: p.number('axis'), nfft: p.number('nfft'), sampling: p.number('sampling'), real: p.flag('real'), dtype: p.dtype() }),
    ),
  Fredholm1: (p) => new Fredholm1(required(p.array('G'), 'G'), p.number('nz'), given({ dtype: p.dtype() })),
  MDC: (p) => new MDC(required(p.array('G'), 'G'), required(p.number('nt'), 'nt'), p.number('nv'), given(mdc(p))),
  VStack: (p, build) => new VStack(operators(p, build)),
  HStack: (p, build) => new HStack(operators(p, build)),
  BlockDiag: (p, build) => new BlockDiag(operators(p, build)),
  Block: (p, build) => {
    const rows = p.inside('ops');
    return new Block(Object.keys(rows.values).map((row) => required(rows.operators(row), 'ops').map(build)));
  },
  Kronecker: (p, build) => new Kronecker(build(required(p.operator('Op1'), 'Op1')), build(required(p.operator('Op2'), 'Op2'))),
  Zero: (p) => new Zero(required(p.numberOrList('N'), 'N'), p.numberOrList('M'), given({ dtype: p.dtype() })),
  Restriction: (p) => new Restriction(dims(p), required(p.numbers('iava'), 'iava'), along(p)),
  Flip: (p) => new Flip(dims(p), along(p)),
  Roll: (p) => new Roll(dims(p), given({ axis: p.number('axis'), shift: p.number('shift'), dtype: p.dtype() })),
  Pad: (p) => new Pad(dims(p), padding(p), given({ dtype: p.dtype() })),
  Sum: (p) => new Sum(dims(p), along(p)),
  Symmetrize: (p) => new Symmetrize(dims(p), along(p)),
  Spread: (p) => {
    const shape = (name: string) => required(p.numbers(name), name);
    return new Spread(shape('dims'), shape('dimsd'), given({ table: p.array('table'), dtable: p.array('dtable'), dtype: p.dtype() }));
  },
  CausalIntegration: (p) =>
    new CausalIntegration(
      dims(p),
      given({
        axis: p.number('axis'),
        sampling: p.number('sampling'),
        kind: p.oneOf('kind', ['full', 'half', 'trapezoidal'] as const),
        removefirst: p.flag('removefirst'),
        dtype: p.dtype(),
      }),
    ),
  Regression: (p) => new Regression(required(p.array('taxis'), 'taxis'), required(p.number('order'), 'order'), given({ dtype: p.dtype() })),
  LinearRegression: (p) => new LinearRegression(required(p.array('taxis'), 'taxis'), given({ dtype: p.dtype() })),
  Real: (p) => new Real(dims(p), given({ dtype: p.dtype() })),
  Imag: (p) => new Imag(dims(p), given({ dtype: p.dtype() })),
  Conj: (p) => new Conj(dims(p), given({ dtype: p.dtype() })),
  Interp: (p) =>
    new Interp(
      dims(p),
      required(p.array('iava'), 'iava'),
      given({ axis: p.number('axis'), kind: p.oneOf('kind', ['nearest', 'linear', 'sinc'] as const), dtype: p.dtype() }),
    ),
  Bilinear: (p) => new Bilinear(required(p.array('iava'), 'iava'), required(p.numbers('dims'), 'dims'), given({ dtype: p.dtype() })),
  ConvolveND: (p) =>
    new ConvolveND(dims(p), required(p.array('h'), 'h'), given({ offset: p.numbers('offset'), axes: p.numbers('axes'), dtype: p.dtype() })),
  NonStationaryConvolve1D: (p) =>
    new NonStationaryConvolve1D(dims(p), required(p.array('hs'), 'hs'), required(p.numbers('ih'), 'ih'), along(p)),
  Radon2D: (p) =>
    new Radon2D(
      required(p.positions('taxis'), 'taxis'),
      required(p.positions('haxis'), 'haxis'),
      required(p.positions('pxaxis'), 'pxaxis'),
      given({
        kind: p.oneOf('kind', ['linear', 'parabolic', 'hyperbolic'] as const),
        centeredh: p.flag('centeredh'),
        interp: p.flag('interp'),
        onthefly: p.flag('onthefly'),
        dtype: p.dtype(),
      }),
    ),
  Kirchhoff: (p) => {
    const array = (name: string) => required(p.array(name), name);
    const axis = (name: string) => required(p.positions(name), name);
    const geometry = { z: axis('z'), x: axis('x'), t: axis('t'), srcs: array('srcs'), recs: array('recs') };
    const options = given({ vel: p.number('vel'), dtype: p.dtype() });
    return new Kirchhoff(geometry, array('wav'), required(p.number('wavcenter'), 'wavcenter'), options);
  },
  AVOLinearModelling: (p) => new AVOLinearModelling(required(p.array('theta'), 'theta'), avo(p)),
  PrestackLinearModelling: (p) =>
    new PrestackLinearModelling(required(p.array('wav'), 'wav'), required(p.array('theta'), 'theta'), {
      ...avo(p),
      ...given({ kind: kind(p) }),
    }),
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
