import type { NDArray } from '../../../src/core/array/ndarray.js';
import type { Backend } from '../../../src/core/ports/backend.js';
import { DERIVATIVE_KINDS } from '../../../src/core/schemes/derivative-scheme.js';
import { FFT_NORMS } from '../../../src/core/schemes/fourier-scheme.js';
import { RADON_KINDS } from '../../../src/local/geophysics/radon-curves.js';
import {
  type AnyLocalOperator,
  AVOLinearModelling,
  Bilinear,
  Block,
  BlockDiag,
  CausalIntegration,
  Conj,
  Convolve1D,
  Convolve2D,
  ConvolveND,
  DCT,
  Diagonal,
  DWT,
  DWT2D,
  FFT,
  FFT2D,
  FFTND,
  FirstDerivative,
  FirstDirectionalDerivative,
  Flip,
  Fredholm1,
  FunctionOperator,
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
  NonStationaryConvolve2D,
  Pad,
  type Padding,
  Patch2D,
  Patch3D,
  PhaseShift,
  PoststackLinearModelling,
  PrestackLinearModelling,
  Radon2D,
  Radon3D,
  Real,
  Regression,
  Restriction,
  Roll,
  SecondDerivative,
  SecondDirectionalDerivative,
  Shift,
  Sliding1D,
  Sliding2D,
  Sliding3D,
  Smoothing1D,
  Smoothing2D,
  Spread,
  Sum,
  Symmetrize,
  Transpose,
  VStack,
  Zero,
} from '../../../src/local/index.js';
import { TAPER_TYPES } from '../../../src/local/signal/windows/tapers.js';
import { combine } from './algebra.js';
import type { GoldenCase, OperatorNode } from './case.js';
import { NotSupported } from './not-supported.js';
import { given, Params, required } from './params.js';

type Build = (node: OperatorNode) => AnyLocalOperator;
type Entry = (p: Params, build: Build) => AnyLocalOperator;

const kind = (p: Params) => p.oneOf('kind', DERIVATIVE_KINDS);
const dims = (p: Params) => required(p.numberOrList('dims'), 'dims');
/** The options that all Fourier transforms share. */
export const fourier = (p: Params) => ({
  norm: p.oneOf('norm', FFT_NORMS),
  real: p.flag('real'),
  sampling: p.numberOrList('sampling'),
  ifftshiftBefore: p.flagOrList('ifftshift_before'),
  fftshiftAfter: p.flagOrList('fftshift_after'),
  dtype: p.dtype(),
});
/** The options that multi-dimensional convolutions share. */
export const mdc = (p: Params) => ({
  dt: p.number('dt'),
  dr: p.number('dr'),
  twosided: p.flag('twosided'),
  conj: p.flag('conj'),
  prescaled: p.flag('prescaled'),
});
const operators = (p: Params, build: Build) => required(p.operators('ops'), 'ops').map(build);

/** The options of operators along one axis. */
const along = (p: Params) => given({ axis: p.number('axis'), dtype: p.dtype() });
/** One pair, or a pair for each axis. */
const padding = (p: Params): Padding | Padding[] => {
  const list = p.inside('pad');
  const pair = ([before, after]: readonly number[] = []): Padding => [
    required(before, 'pad'),
    required(after, 'pad'),
  ];
  const axes = Object.keys(list.values);
  return typeof list.values['0'] === 'number'
    ? pair(p.numbers('pad'))
    : axes.map((k) => pair(list.numbers(k)));
};
const avo = (p: Params) =>
  given({
    vsvp: typeof p.values['vsvp'] === 'number' ? p.number('vsvp') : p.array('vsvp'),
    nt0: p.number('nt0'),
    spatdims: p.numberOrList('spatdims'),
    linearization: p.oneOf('linearization', ['akirich', 'fatti'] as const),
    dtype: p.dtype(),
  });

/** The options that the Radon transforms share. */
const radon = (p: Params) =>
  given({
    kind: p.oneOf('kind', RADON_KINDS),
    centeredh: p.flag('centeredh'),
    interp: p.flag('interp'),
    onthefly: p.flag('onthefly'),
    dtype: p.dtype(),
  });
/** The options that the directional derivatives share. */
const directional = (p: Params) =>
  given({ sampling: p.numberOrList('sampling'), kind: kind(p), edge: p.flag('edge'), dtype: p.dtype() });
/** The options that the wavelet transforms share. */
const wavelet = (p: Params) =>
  given({ wavelet: p.string('wavelet'), level: p.number('level'), dtype: p.dtype() });
/** Builds an operator on windows. PyLops writes null for no taper. */
const windowed = (p: Params, build: Build) => {
  const list = (name: string) => [required(p.numberOrList(name), name)].flat();
  const tapertype = p.values['tapertype'] === null ? 'none' : p.oneOf('tapertype', TAPER_TYPES);
  return {
    Op: build(required(p.operator('Op'), 'Op')),
    dims: list('dims'),
    dimsd: list('dimsd'),
    nwin: list('nwin'),
    nover: list('nover'),
    options: given({ tapertype }),
  };
};
type Pair = [number, number];
type Triple = [number, number, number];

/**
 * One line per operator. Arguments that do not change numbers (engine, method, explicit, …) are not
 * read.
 */
const OPERATORS: Readonly<Record<string, Entry>> = {
  MatrixMult: (p) =>
    new MatrixMult(
      required(p.array('A'), 'A'),
      given({ otherdims: p.numberOrList('otherdims'), dtype: p.dtype() }),
    ),
  Identity: (p) =>
    new Identity(required(p.numberOrList('N'), 'N'), p.numberOrList('M'), given({ dtype: p.dtype() })),
  Diagonal: (p) =>
    new Diagonal(
      required(p.array('diag'), 'diag'),
      given({ dims: p.numberOrList('dims'), axis: p.number('axis'), dtype: p.dtype() }),
    ),
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
      given({
        axis: p.number('axis'),
        sampling: p.number('sampling'),
        kind: kind(p),
        edge: p.flag('edge'),
        dtype: p.dtype(),
      }),
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
    new Gradient(
      dims(p),
      given({ sampling: p.numberOrList('sampling'), kind: kind(p), edge: p.flag('edge'), dtype: p.dtype() }),
    ),
  Convolve1D: (p) =>
    new Convolve1D(
      dims(p),
      required(p.array('h'), 'h'),
      given({ offset: p.number('offset'), axis: p.number('axis'), dtype: p.dtype() }),
    ),
  Smoothing1D: (p) =>
    new Smoothing1D(
      required(p.number('nsmooth'), 'nsmooth'),
      dims(p),
      given({ axis: p.number('axis'), dtype: p.dtype() }),
    ),
  Smoothing2D: (p) =>
    new Smoothing2D(
      required(p.numberOrList('nsmooth'), 'nsmooth'),
      dims(p),
      given({ axes: p.numbers('axes'), dtype: p.dtype() }),
    ),
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
  FFT2D: (p) =>
    new FFT2D(dims(p), given({ ...fourier(p), axes: p.numbers('axes'), nffts: p.numberOrList('nffts') })),
  FFTND: (p) =>
    new FFTND(dims(p), given({ ...fourier(p), axes: p.numbers('axes'), nffts: p.numberOrList('nffts') })),
  Shift: (p) =>
    new Shift(
      dims(p),
      p.number('shift') ?? required(p.array('shift'), 'shift'),
      given({
        axis: p.number('axis'),
        nfft: p.number('nfft'),
        sampling: p.number('sampling'),
        real: p.flag('real'),
        dtype: p.dtype(),
      }),
    ),
  Fredholm1: (p) => new Fredholm1(required(p.array('G'), 'G'), p.number('nz'), given({ dtype: p.dtype() })),
  MDC: (p) =>
    new MDC(required(p.array('G'), 'G'), required(p.number('nt'), 'nt'), p.number('nv'), given(mdc(p))),
  VStack: (p, build) => new VStack(operators(p, build)),
  HStack: (p, build) => new HStack(operators(p, build)),
  BlockDiag: (p, build) => new BlockDiag(operators(p, build)),
  Block: (p, build) => {
    const rows = p.inside('ops');
    return new Block(Object.keys(rows.values).map((row) => required(rows.operators(row), 'ops').map(build)));
  },
  Kronecker: (p, build) =>
    new Kronecker(build(required(p.operator('Op1'), 'Op1')), build(required(p.operator('Op2'), 'Op2'))),
  Zero: (p) => new Zero(required(p.numberOrList('N'), 'N'), p.numberOrList('M'), given({ dtype: p.dtype() })),
  Restriction: (p) => new Restriction(dims(p), required(p.numbers('iava'), 'iava'), along(p)),
  Flip: (p) => new Flip(dims(p), along(p)),
  Roll: (p) =>
    new Roll(dims(p), given({ axis: p.number('axis'), shift: p.number('shift'), dtype: p.dtype() })),
  Pad: (p) => new Pad(dims(p), padding(p), given({ dtype: p.dtype() })),
  Sum: (p) => new Sum(dims(p), along(p)),
  Symmetrize: (p) => new Symmetrize(dims(p), along(p)),
  Spread: (p) => {
    const shape = (name: string) => required(p.numbers(name), name);
    return new Spread(
      shape('dims'),
      shape('dimsd'),
      given({ table: p.array('table'), dtable: p.array('dtable'), dtype: p.dtype() }),
    );
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
  Regression: (p) =>
    new Regression(
      required(p.array('taxis'), 'taxis'),
      required(p.number('order'), 'order'),
      given({ dtype: p.dtype() }),
    ),
  LinearRegression: (p) =>
    new LinearRegression(required(p.array('taxis'), 'taxis'), given({ dtype: p.dtype() })),
  Real: (p) => new Real(dims(p), given({ dtype: p.dtype() })),
  Imag: (p) => new Imag(dims(p), given({ dtype: p.dtype() })),
  Conj: (p) => new Conj(dims(p), given({ dtype: p.dtype() })),
  Interp: (p) =>
    new Interp(
      dims(p),
      required(p.array('iava'), 'iava'),
      given({
        axis: p.number('axis'),
        kind: p.oneOf('kind', ['nearest', 'linear', 'sinc'] as const),
        dtype: p.dtype(),
      }),
    ),
  Bilinear: (p) =>
    new Bilinear(
      required(p.array('iava'), 'iava'),
      required(p.numbers('dims'), 'dims'),
      given({ dtype: p.dtype() }),
    ),
  ConvolveND: (p) =>
    new ConvolveND(
      dims(p),
      required(p.array('h'), 'h'),
      given({ offset: p.numbers('offset'), axes: p.numbers('axes'), dtype: p.dtype() }),
    ),
  Convolve2D: (p) =>
    new Convolve2D(required(p.numbers('dims'), 'dims'), required(p.array('h'), 'h'), {
      ...given({ offset: p.numbers('offset'), axes: p.numbers('axes'), dtype: p.dtype() }),
    }),
  DCT: (p) =>
    new DCT(
      dims(p),
      given({ type: p.oneOf('type', [1, 2, 3, 4] as const), axes: p.numberOrList('axes'), dtype: p.dtype() }),
    ),
  DWT: (p) => new DWT(dims(p), { ...wavelet(p), ...given({ axis: p.number('axis') }) }),
  DWT2D: (p) =>
    new DWT2D(required(p.numbers('dims'), 'dims'), {
      ...wavelet(p),
      ...given({ axes: p.numbers('axes') as Pair | undefined }),
    }),
  FirstDirectionalDerivative: (p) =>
    new FirstDirectionalDerivative(
      required(p.numbers('dims'), 'dims'),
      required(p.array('v'), 'v'),
      directional(p),
    ),
  SecondDirectionalDerivative: (p) =>
    new SecondDirectionalDerivative(
      required(p.numbers('dims'), 'dims'),
      required(p.array('v'), 'v'),
      directional(p),
    ),
  PhaseShift: (p) => {
    const number = (name: string) => required(p.number(name), name);
    const axis = (name: string) => required(p.positions(name), name);
    return new PhaseShift(number('vel'), number('dz'), number('nt'), axis('freq'), axis('kx'), {
      ...given({ ky: p.positions('ky'), dtype: p.dtype() }),
    });
  },
  Sliding1D: (p, build) => {
    const { Op, dims, dimsd, nwin, nover, options } = windowed(p, build);
    return new Sliding1D(Op, dims, dimsd, required(nwin[0], 'nwin'), required(nover[0], 'nover'), options);
  },
  Sliding2D: (p, build) => {
    const { Op, dims, dimsd, nwin, nover, options } = windowed(p, build);
    return new Sliding2D(Op, dims, dimsd, required(nwin[0], 'nwin'), required(nover[0], 'nover'), options);
  },
  Sliding3D: (p, build) => {
    const { Op, dims, dimsd, nwin, nover, options } = windowed(p, build);
    return new Sliding3D(Op, dims, dimsd, nwin as Pair, nover as Pair, options);
  },
  Patch2D: (p, build) => {
    const { Op, dims, dimsd, nwin, nover, options } = windowed(p, build);
    return new Patch2D(Op, dims, dimsd, nwin as Pair, nover as Pair, options);
  },
  Patch3D: (p, build) => {
    const { Op, dims, dimsd, nwin, nover, options } = windowed(p, build);
    return new Patch3D(Op, dims, dimsd, nwin as Triple, nover as Triple, options);
  },
  NonStationaryConvolve2D: (p) =>
    new NonStationaryConvolve2D(
      required(p.numbers('dims'), 'dims'),
      required(p.array('hs'), 'hs'),
      required(p.numbers('ihx'), 'ihx'),
      required(p.numbers('ihz'), 'ihz'),
      given({ dtype: p.dtype() }),
    ),
  NonStationaryConvolve1D: (p) =>
    new NonStationaryConvolve1D(
      dims(p),
      required(p.array('hs'), 'hs'),
      required(p.numbers('ih'), 'ih'),
      along(p),
    ),
  Radon2D: (p) => {
    const axis = (name: string) => required(p.positions(name), name);
    return new Radon2D(axis('taxis'), axis('haxis'), axis('pxaxis'), radon(p));
  },
  Radon3D: (p) => {
    const axis = (name: string) => required(p.positions(name), name);
    return new Radon3D(
      axis('taxis'),
      axis('hyaxis'),
      axis('hxaxis'),
      axis('pyaxis'),
      axis('pxaxis'),
      radon(p),
    );
  },
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

/** Nodes of local operators, in addition to those of the algebra. */
const NODES: Readonly<Record<string, (of: AnyLocalOperator, p: Params) => AnyLocalOperator>> = {
  /** Some columns of an operator. */
  columns: (of, p) =>
    of.mul(new Restriction(of.shape[1], required(p.numbers('cols'), 'cols'), { dtype: of.dtype }).H),
  /**
   * The real or the imaginary part of the result of an operator: of its forward, its adjoint, or
   * both.
   */
  realimag: (of, p) => {
    const part = (y: NDArray): NDArray => ((p.flag('real') ?? true) ? y.real() : y.imag());
    const [forw, adj] = [p.flag('forw') ?? true, p.flag('adj') ?? true];
    return new FunctionOperator((x) => (forw ? part(of.matvec(x)) : of.matvec(x)), of.dims, {
      adjoint: (y) => (adj ? part(of.rmatvec(y)) : of.rmatvec(y)),
      dimsd: of.dimsd,
      dtype: of.dtype,
    });
  },
};

/**
 * The local operator that a spec of case.json describes, with its data on a backend.
 *
 * @throws {@link NotSupported} if the library or the backend lacks something
 */
export function buildLocal(node: OperatorNode, source: GoldenCase, backend: Backend): AnyLocalOperator {
  const p = new Params(node.op, node.params ?? {}, source, backend);
  const build: Build = (child) => buildLocal(child, source, backend);
  const of = NODES[node.op];
  if (of) return of(build(required(node.args?.[0], 'args')), p);
  if (node.args) return combine(node.op, node.args.map(build), p);
  const entry = OPERATORS[node.op];
  if (!entry) throw new NotSupported(`operator ${node.op}`);
  return entry(p, build);
}
