import { existsSync } from 'node:fs';
import type { HostArray } from '../core/base/dtype.js';
import { messageOf } from '../core/base/errors.js';
import { checkSettings, environment, setting } from '../environment/environment.js';
import { hasPackage, NO_PACKAGE, packagePath } from '../package/package-root.js';
import { requireHere } from '../package/require-here.js';

/** How `native/cpu` was built, and its choices at load time. */
export interface CpuAddonInfo {
  /** The instruction set of the loops: `baseline`, `avx2` or `avx512`. */
  readonly simd: string;
  /** Name and version of the CBLAS; empty if there is none. */
  readonly blas: string;
  /** Name and version of the FFT library; empty if there is none. */
  readonly fft: string;
  /** Name and version of the vector library of mathematics; empty if there is none. */
  readonly mathematics: string;
  /** Outputs of at least this many bytes bypass the caches. */
  readonly streamBytes: number;
}

/** The types of arguments of the addon's functions. */
type NativeValue =
  | number
  | boolean
  | HostArray
  | ArrayBuffer
  | readonly (HostArray | number | undefined)[]
  | object
  | undefined;
type NativeFunction = (...args: readonly NativeValue[]) => unknown;

/** The functions that every build of the addon has. */
const FUNCTIONS = [
  'addressOf',
  'copy',
  'fill',
  'cast',
  'unary',
  'binary',
  'where',
  'prepareProgram',
  'program',
  'scale',
  'axpby',
  'linearCombination',
  'threshold',
  'dot',
  'reduce',
  'reduceAxis',
  'argExtreme',
  'argExtremeAxis',
  'accumulate',
  'sort',
  'argsort',
  'kthSmallest',
  'truePositions',
  'searchSorted',
  'countInto',
  'stridedCopy',
  'prepareStencil',
  'stencil',
  'convolve',
  'indexed',
  'copyIndexed',
  'sparseProduct',
  'compressRows',
  'transposeRows',
  'curves',
  'convolveVarying',
  'orderFilter',
  'splineSum',
  'random',
  'setHugePages',
] as const;

/**
 * The functions of the addon. Their arguments are those in the C++ source of the same name. Dtypes,
 * operations and the like are passed as positions in the lists of core, and specifications are
 * packed into a Float64Array. Functions with a boolean result return whether they did the work.
 * `matmul` is absent without a CBLAS, `decompose` and `solveLu` without a LAPACK in it, `fft`
 * without an FFT library.
 */
export type CpuAddon = Readonly<Record<(typeof FUNCTIONS)[number], NativeFunction>> & {
  readonly matmul?: NativeFunction;
  readonly decompose?: NativeFunction;
  readonly solveLu?: NativeFunction;
  readonly fft?: NativeFunction;
  info(): CpuAddonInfo;
};

/** The addon, or the reason why it is missing and the remedy. */
export type CpuAddonState =
  | { readonly available: true; readonly addon: CpuAddon; readonly info: CpuAddonInfo }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

const REMEDY = "run 'npx lops setup' (in a clone: npm run setup); the TypeScript loops serve until then";

/**
 * Loads a library with OpenBLAS's number of threads for one rank. OpenBLAS starts its threads while
 * it is loaded, so the number must be set before. The environment is restored afterwards.
 */
function withOneThread<R>(load: () => R): R {
  const before = environment.OPENBLAS_NUM_THREADS;
  environment.OPENBLAS_NUM_THREADS = String(setting('LOPS_THREADS') ?? (before || 1));
  try {
    return load();
  } finally {
    if (before === undefined) delete environment.OPENBLAS_NUM_THREADS;
    else environment.OPENBLAS_NUM_THREADS = before;
  }
}

function load(): CpuAddonState {
  // The addon reads these settings while it is loaded. A mistyped value is an error, not a missing
  // addon
  checkSettings();
  const chosen = setting('LOPS_CPU_ADDON');
  if (chosen === undefined && !hasPackage()) return { available: false, ...NO_PACKAGE };
  try {
    const file = chosen ?? packagePath('native/cpu/build/Release/lops_cpu.node');
    if (!existsSync(file))
      return { available: false, reason: `the native kernels are not built (no ${file})`, remedy: REMEDY };
    const addon = withOneThread(() => requireHere(file) as CpuAddon);
    const missing = FUNCTIONS.find((name) => typeof addon[name] !== 'function');
    if (missing !== undefined) {
      const reason = `the native kernels were built from older sources: ${file} has no ${missing}`;
      return { available: false, reason, remedy: REMEDY };
    }
    return { available: true, addon, info: addon.info() };
  } catch (error) {
    const reason = `the native kernels did not load: ${messageOf(error)}`;
    return { available: false, reason, remedy: REMEDY };
  }
}

let state: CpuAddonState | undefined;

/**
 * Loads `native/cpu` at the first call.
 *
 * @throws {@link ArgumentError} if an environment variable has an invalid value
 */
export function cpuAddon(): CpuAddonState {
  state ??= load();
  return state;
}
