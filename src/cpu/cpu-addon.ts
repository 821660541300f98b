import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { HostArray } from '../core/base/dtype.js';
import { messageOf } from '../core/base/errors.js';
import { PACKAGE_ROOT } from '../core/base/package-root.js';
import { checkSettings } from '../core/base/settings.js';
import { CPU_SETTINGS } from './cpu-settings.js';

/** What `native/cpu` was built with and chose at load. */
export interface CpuAddonInfo {
  /** The instruction set of the loops: `baseline`, `avx2` or `avx512`. */
  readonly simd: string;
  /** Name and version of the CBLAS, empty where there is none. */
  readonly blas: string;
  /** Name and version of the FFT library, empty where there is none. */
  readonly fft: string;
  /** Outputs from this many bytes on bypass the caches. */
  readonly streamBytes: number;
}

/**
 * The functions of the addon. dtypes, operations and their like are positions in the lists of core;
 * specifications are packed into a Float64Array as the C++ sources say. Functions that answer a
 * boolean say whether they did the work.
 */
export interface CpuAddon {
  info(): CpuAddonInfo;
  addressOf(buffer: ArrayBuffer): number;
  copy(bytesPerElement: number, n: number, x: HostArray, xo: number, y: HostArray, yo: number): void;
  stridedCopy(
    dtype: number,
    x: HostArray,
    xStart: number,
    y: HostArray,
    yStart: number,
    add: boolean,
    spec: Float64Array,
  ): void;
  fill(dtype: number, n: number, re: number, im: number, y: HostArray, yo: number): void;
  cast(xDType: number, yDType: number, n: number, x: HostArray, xo: number, y: HostArray, yo: number): void;
  unary(op: number, dtype: number, n: number, x: HostArray, xo: number, y: HostArray, yo: number): boolean;
  binary(
    op: number,
    dtype: number,
    n: number,
    x: HostArray,
    xo: number,
    xStep: number,
    y: HostArray,
    yo: number,
    yStep: number,
    z: HostArray,
    zo: number,
  ): boolean;
  where(
    dtype: number,
    n: number,
    condition: Int32Array,
    co: number,
    x: HostArray,
    xo: number,
    xStep: number,
    y: HostArray,
    yo: number,
    yStep: number,
    z: HostArray,
    zo: number,
  ): void;
  scale(
    dtype: number,
    n: number,
    aRe: number,
    aIm: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
  ): void;
  axpby(
    dtype: number,
    n: number,
    aRe: number,
    aIm: number,
    x: HostArray,
    xo: number,
    bRe: number,
    bIm: number,
    y: HostArray,
    yo: number,
    z: HostArray,
    zo: number,
  ): void;
  linearCombination(
    dtype: number,
    n: number,
    coefficients: Float64Array,
    xs: readonly HostArray[],
    xos: readonly number[],
    y: HostArray,
    yo: number,
  ): boolean;
  threshold(
    hard: boolean,
    t: number,
    dtype: number,
    n: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
  ): void;
  dot(
    dtype: number,
    n: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
    conjugate: boolean,
    out: Float64Array,
    at: number,
  ): void;
  reduce(op: number, dtype: number, n: number, x: HostArray, xo: number, out: Float64Array): boolean;
  reduceAxis(
    op: number,
    dtype: number,
    outer: number,
    n: number,
    inner: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
  ): boolean;
  /** Absent without a CBLAS. */
  matmul?(
    dtype: number,
    a: HostArray,
    ao: number,
    b: HostArray,
    bo: number,
    c: HostArray,
    co: number,
    spec: Float64Array,
  ): void;
  /** Absent without an FFT library. */
  fft?(
    isDouble: boolean,
    kind: number,
    inverse: boolean,
    scale: number,
    overwrite: boolean,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
    spec: Float64Array,
  ): void;
  /** After the packed specification come front and back of each band. */
  stencil(
    dtype: number,
    x: HostArray,
    xo: number,
    y: HostArray,
    yo: number,
    spec: Float64Array,
    ...ghosts: readonly (HostArray | undefined)[]
  ): void;
  convolve(
    dtype: number,
    x: HostArray,
    xo: number,
    h: HostArray,
    ho: number,
    y: HostArray,
    yo: number,
    spec: Float64Array,
  ): void;
  indexed(
    scatter: boolean,
    dtype: number,
    from: HostArray,
    fo: number,
    to: HostArray,
    tOffset: number,
    outer: number,
    nx: number,
    ny: number,
    inner: number,
    width: number,
    index: Int32Array,
    io: number,
    weights: HostArray | undefined,
    wo: number,
    complexWeights: boolean,
  ): void;
  curves(
    spread: boolean,
    dtype: number,
    from: HostArray,
    fromOffset: number,
    to: HostArray,
    toOffset: number,
    points: number,
    ns: number,
    nr: number,
    nt: number,
    srcs: HostArray,
    srcsOffset: number,
    recs: HostArray,
    recsOffset: number,
    amplitudes: HostArray | undefined,
    amplitudesOffset: number,
  ): void;
  convolveVarying(
    adjoint: boolean,
    dtype: number,
    from: HostArray,
    fromOffset: number,
    bank: HostArray,
    bankOffset: number,
    to: HostArray,
    toOffset: number,
    outer: number,
    nx: number,
    ny: number,
    inner: number,
    filters: number,
    length: number,
    offset: number,
    first: Int32Array,
    firstOffset: number,
    weights: HostArray,
    weightsOffset: number,
  ): void;
}

/** The addon, or why there is none and what helps. */
export type CpuAddonState =
  | { readonly available: true; readonly addon: CpuAddon; readonly info: CpuAddonInfo }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

const REMEDY = "run 'npx lops setup' (in a clone: npm run setup); the TypeScript loops serve until then";

/**
 * OpenBLAS starts its threads while it is loaded, so it must be told before how many a rank gets.
 * Restores the environment.
 */
function withOneThread<R>(load: () => R): R {
  const before = process.env.OPENBLAS_NUM_THREADS;
  process.env.OPENBLAS_NUM_THREADS = process.env.LOPS_THREADS || before || '1';
  try {
    return load();
  } finally {
    if (before === undefined) delete process.env.OPENBLAS_NUM_THREADS;
    else process.env.OPENBLAS_NUM_THREADS = before;
  }
}

function load(): CpuAddonState {
  // What the addon reads while it is loaded: a mistyped value is an error, not a missing addon
  checkSettings(CPU_SETTINGS, process.env);
  try {
    const file =
      process.env['LOPS_CPU_ADDON'] ||
      fileURLToPath(new URL('native/cpu/build/Release/lops_cpu.node', PACKAGE_ROOT));
    if (!existsSync(file))
      return { available: false, reason: `the native kernels are not built (no ${file})`, remedy: REMEDY };
    const addon = withOneThread(() => createRequire(import.meta.url)(file) as CpuAddon);
    return { available: true, addon, info: addon.info() };
  } catch (error) {
    const reason = `the native kernels did not load: ${messageOf(error)}`;
    return { available: false, reason, remedy: REMEDY };
  }
}

let state: CpuAddonState | undefined;

/**
 * Loads `native/cpu` when first called. Throws ArgumentError for an environment variable that can't
 * be.
 */
export function cpuAddon(): CpuAddonState {
  state ??= load();
  return state;
}
