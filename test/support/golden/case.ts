import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { HostValues } from '../../../src/core/array/host-values.js';
import { DTYPES, type DType } from '../../../src/core/base/dtype.js';
import { compareNumbers, describeDifferences } from '../../../src/testing/comparison.js';
import { inLanes, numbersOf, ruleOf } from '../expect-close.js';
import { readNpy } from './read-npy.js';

/**
 * An operator in case.json: a constructor with its arguments, or a node of the algebra with `args`.
 */
export interface OperatorNode {
  readonly op: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly args?: readonly OperatorNode[];
}

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  /** Whether `rtol` is of each element. Otherwise it is of the largest one. */
  readonly each?: boolean;
}

/** The parts of case.json that all kinds share, and those of operators. */
export interface CaseFile {
  readonly kind: string;
  readonly family: string;
  /** 0 and 0 if case.json has none: results must be equal. */
  readonly tolerance: Tolerance;
  /**
   * How results of array functions are compared: 'allclose', by element; 'normwise', by the largest
   * element; 'exact'.
   */
  readonly compare?: string;
  readonly op?: OperatorNode;
  /** The analysis operator of ADMML2. */
  readonly A?: OperatorNode;
  /** The step of a prox. */
  readonly tau?: number;
  /** The sparsifying transform of ISTA and FISTA. */
  readonly SOp?: OperatorNode;
  readonly shape?: readonly [number, number];
  readonly dims?: readonly number[];
  readonly dimsd?: readonly number[];
  readonly dtype: string;
  /** The number of ranks that the case requires. */
  readonly nranks?: number;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly expected?: Readonly<Record<string, unknown>>;
  /** The result changes with the rounding of the data. It is computed and not compared. */
  readonly sensitive?: boolean;
  /** Results that depend on rounding, with the values that were observed. They are not compared. */
  readonly rounding_decides?: Readonly<Record<string, unknown>>;
  /** The shape of the array to which a prox is applied. The files hold its values in flat form. */
  readonly x_shape?: readonly number[];
  readonly partition_x?: string | readonly string[];
  readonly files?: Readonly<Record<string, { readonly dtype: string }>>;
}

const SINGLE: Readonly<Record<string, DType>> = { float64: 'float32', complex128: 'complex64' };
/** The tolerance of results in single precision if the reference is of double precision. */
const SINGLE_TOLERANCE: Tolerance = { rtol: 1e-4, atol: 1e-5 };
/**
 * Results that are less accurate in single precision on every backend, by folder. The CPU backend
 * has errors of the same size in float32. Counts of iterations may differ by one.
 */
const LESS_DETERMINED: Readonly<Record<string, Readonly<Record<string, Tolerance>>>> = {
  // The case stops after 15 of 16 directions, where the smallest are rounding errors. The errors
  // are 8e-3 in x and 8e-4 in r1norm.
  cgls_stop: {
    x: { rtol: 1e-2, atol: 0 },
    cost: { rtol: 1e-2, atol: 0 },
    r1norm: { rtol: 0, atol: 2e-3 },
    r2norm: { rtol: 1e-2, atol: 0 },
  },
  // 25 iterations of an ill-conditioned problem: the errors are 1e-2 in minv and 1e-3 in cost.
  lsm: { minv: { rtol: 2e-2, atol: 0 }, cost: { rtol: 3e-3, atol: 0 } },
};

/**
 * One folder of the golden data. On a backend without double precision, a case of double precision
 * becomes one of single precision with a wider tolerance.
 */
export class GoldenCase {
  readonly content: CaseFile;
  readonly narrowed: boolean;
  readonly #files: ReadonlySet<string>;
  constructor(
    readonly folder: string,
    dtypes: readonly DType[] = DTYPES,
  ) {
    const file = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Omit<
      CaseFile,
      'tolerance'
    > & {
      readonly tolerance?: Tolerance;
      readonly files?: Readonly<Record<string, { readonly dtype: string }>>;
    };
    const each = file.compare === 'allclose';
    const isRounded = each || file.compare === 'normwise';
    const content = { ...file, tolerance: { rtol: 0, atol: 0, ...file.tolerance, ...(each && { each }) } };
    const single = SINGLE[content.dtype];
    const has = (dtype: string): boolean => (dtypes as readonly string[]).includes(dtype);
    // Functions of integers may give floats
    const isDouble = Object.values(file.files ?? {}).some(({ dtype }) => dtype in SINGLE);
    const givesFloats = isRounded || isDouble;
    const isWide = single === undefined ? givesFloats && !has('float64') : !has(content.dtype);
    this.narrowed = isWide && has(single ?? 'float32');
    const { rtol, atol } = content.tolerance;
    const tolerance = {
      rtol: Math.max(rtol, SINGLE_TOLERANCE.rtol),
      atol: Math.max(atol, SINGLE_TOLERANCE.atol),
      each,
    };
    this.content = this.narrowed ? { ...content, dtype: single ?? content.dtype, tolerance } : content;
    this.#files = new Set(readdirSync(folder));
  }
  has(file: string): boolean {
    return this.#files.has(file);
  }
  read(file: string): HostValues {
    const values = readNpy(join(this.folder, file));
    const dtype = this.dtype(values.dtype);
    return dtype === values.dtype ? values : { ...values, dtype, values: Float32Array.from(values.values) };
  }
  /**
   * The numbers of a file in its own precision, on every backend. Positions and axes need this,
   * because rounding would move a curve to other samples.
   */
  readExactly(file: string): HostValues {
    return readNpy(join(this.folder, file));
  }
  /** The wider tolerances of results that rounding decides in single precision. */
  get lessDetermined(): Readonly<Record<string, Tolerance>> | undefined {
    return this.narrowed ? LESS_DETERMINED[basename(this.folder)] : undefined;
  }
  /** The tolerance of a result. */
  toleranceOf(what: string): Tolerance {
    return this.lessDetermined?.[what] ?? this.content.tolerance;
  }
  /** The dtype that replaces a dtype of the case on this backend. */
  dtype(dtype: DType): DType {
    return this.narrowed ? (SINGLE[dtype] ?? dtype) : dtype;
  }
}

/**
 * Computes the largest `|result − expected|`, its place, and the tolerance of the case. Real and
 * complex values can be compared. Infinities and NaN are correct where both arrays have the same.
 * Other values that are not finite, and arrays of another size, differ by infinity.
 */
export function difference(
  result: HostValues,
  expected: HostValues,
  tolerance: Tolerance,
): { off: number; accepted: number; place?: string } {
  const [received, wanted, lanes] = inLanes(numbersOf(result), numbersOf(expected));
  const rule = ruleOf({ ...tolerance, notFinite: 'equal' }, wanted, lanes);
  const accepted = rule.allowed(0);
  if (received.length !== wanted.length)
    return { off: Number.POSITIVE_INFINITY, accepted, place: `${received.length / lanes} elements` };
  const found = compareNumbers(received, wanted, lanes, rule);
  if (!found) return { off: 0, accepted };
  const off = Number.isFinite(found.error) ? found.error : Number.POSITIVE_INFINITY;
  return {
    off,
    accepted: tolerance.each ? found.allowed : accepted,
    place: describeDifferences(found, expected.shape),
  };
}
