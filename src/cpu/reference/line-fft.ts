/** An unscaled transform of `n` interleaved complex numbers, in place. `sign` −1 is forward. */
export interface LineFft {
  readonly n: number;
  transform(line: Float64Array, sign: 1 | -1): void;
}

/**
 * cos and sin of 2π k/n for k < n, interleaved. They are computed from the nearest octant, so that
 * at most the last bit or two are wrong.
 */
function roots(n: number): Float64Array {
  const w = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    // 8k/n = octant + rest: angles are at most 45°, the other octants follow by symmetry
    const octant = Math.floor((8 * k) / n);
    const rest = 8 * k - octant * n;
    const angle = ((octant % 2 === 0 ? rest : n - rest) * Math.PI) / 4 / n;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const quarter = (octant >> 1) & 3;
    const [x, y] = octant % 2 === 0 ? [c, s] : [s, c];
    const [re, im] = [
      [x, y],
      [-y, x],
      [-x, -y],
      [y, -x],
    ][quarter] as [number, number];
    w[2 * k] = re;
    w[2 * k + 1] = im;
  }
  return w;
}

/** Larger prime factors use Bluestein's algorithm. */
const LARGEST_RADIX = 13;

function factorize(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (const r of [4, 2, 3]) {
    while (rest > 1 && rest % r === 0) {
      factors.push(r);
      rest /= r;
    }
  }
  for (let r = 5; rest > 1; r += 2) {
    if (r * r > rest) r = rest;
    while (rest % r === 0) {
      factors.push(r);
      rest /= r;
    }
  }
  return factors;
}

/** Stockham's autosort algorithm, decimation in frequency, one pass per factor. */
class MixedRadix implements LineFft {
  readonly n: number;
  readonly #factors: readonly number[];
  readonly #roots: Float64Array;
  readonly #work: Float64Array;
  readonly #inputs: Float64Array;

  constructor(n: number, factors: readonly number[]) {
    this.n = n;
    this.#factors = factors;
    this.#roots = roots(n);
    this.#work = new Float64Array(2 * n);
    this.#inputs = new Float64Array(2 * Math.max(1, ...factors));
  }

  transform(line: Float64Array, sign: 1 | -1): void {
    let from = line;
    let to = this.#work;
    let stride = 1;
    let length = this.n;
    for (const radix of this.#factors) {
      length /= radix;
      this.#pass(radix, length, stride, from, to, sign);
      stride *= radix;
      [from, to] = [to, from];
    }
    if (from !== line) line.set(from.subarray(0, 2 * this.n));
  }

  /**
   * `to[q + s(rp + j)] = w^{pjs} Σᵢ from[q + s(p + mi)] ω^{ij}`, with ω the r-th root of one, for p
   * < m, q < s, j < r.
   */
  #pass(r: number, m: number, s: number, from: Float64Array, to: Float64Array, sign: number): void {
    const [n, w, a] = [this.n, this.#roots, this.#inputs];
    const unit = n / r;
    for (let p = 0; p < m; p++) {
      for (let q = 0; q < s; q++) {
        for (let i = 0; i < r; i++) {
          const at = 2 * (q + s * (p + m * i));
          a[2 * i] = from[at] as number;
          a[2 * i + 1] = from[at + 1] as number;
        }
        for (let j = 0; j < r; j++) {
          let re = a[0] as number;
          let im = a[1] as number;
          for (let i = 1, k = j; i < r; i++, k = k + j < r ? k + j : k + j - r) {
            const c = w[2 * k * unit] as number;
            const d = sign * (w[2 * k * unit + 1] as number);
            re += (a[2 * i] as number) * c - (a[2 * i + 1] as number) * d;
            im += (a[2 * i] as number) * d + (a[2 * i + 1] as number) * c;
          }
          const k = p * j * s;
          const c = w[2 * k] as number;
          const d = sign * (w[2 * k + 1] as number);
          const at = 2 * (q + s * (r * p + j));
          to[at] = re * c - im * d;
          to[at + 1] = re * d + im * c;
        }
      }
    }
  }
}

/** Any length, as a convolution with a power of two as length: `kl = (k² + l² − (k − l)²) / 2`. */
class Bluestein implements LineFft {
  readonly n: number;
  readonly #chirp: Float64Array;
  readonly #inner: LineFft;
  readonly #spectrum: Float64Array;
  readonly #work: Float64Array;

  constructor(n: number) {
    this.n = n;
    let m = 1;
    while (m < 2 * n - 1) m *= 2;
    const w = roots(2 * n);
    this.#chirp = new Float64Array(2 * n);
    // k² mod 2n by steps, because k² may exceed the exact integers
    for (let k = 0, square = 0; k < n; square = (square + 2 * k + 1) % (2 * n), k++) {
      this.#chirp[2 * k] = w[2 * square] as number;
      this.#chirp[2 * k + 1] = -(w[2 * square + 1] as number);
    }
    this.#inner = new MixedRadix(m, factorize(m));
    this.#work = new Float64Array(2 * m);
    this.#spectrum = new Float64Array(2 * m);
    for (let k = 0; k < n; k++) {
      for (const at of k === 0 ? [0] : [k, m - k]) {
        this.#spectrum[2 * at] = this.#chirp[2 * k] as number;
        this.#spectrum[2 * at + 1] = -(this.#chirp[2 * k + 1] as number);
      }
    }
    this.#inner.transform(this.#spectrum, -1);
  }

  transform(line: Float64Array, sign: 1 | -1): void {
    const { n } = this;
    const [chirp, spectrum, work, m] = [this.#chirp, this.#spectrum, this.#work, this.#inner.n];
    // The inverse is the forward transform between two conjugations
    work.fill(0);
    for (let k = 0; k < 2 * n; k += 2) {
      const [re, im] = [line[k] as number, -sign * (line[k + 1] as number)];
      const [c, d] = [chirp[k] as number, chirp[k + 1] as number];
      work[k] = re * c - im * d;
      work[k + 1] = re * d + im * c;
    }
    this.#inner.transform(work, -1);
    for (let k = 0; k < 2 * m; k += 2) {
      const [re, im] = [work[k] as number, work[k + 1] as number];
      const [c, d] = [spectrum[k] as number, spectrum[k + 1] as number];
      work[k] = re * c - im * d;
      work[k + 1] = re * d + im * c;
    }
    this.#inner.transform(work, 1);
    for (let k = 0; k < 2 * n; k += 2) {
      const [re, im] = [(work[k] as number) / m, (work[k + 1] as number) / m];
      const [c, d] = [chirp[k] as number, chirp[k + 1] as number];
      line[k] = re * c - im * d;
      line[k + 1] = -sign * (re * d + im * c);
    }
  }
}

/** Recently used plans, by length. */
const plans = new Map<number, LineFft>();
const MOST_PLANS = 64;

export function lineFft(n: number): LineFft {
  let plan = plans.get(n);
  if (!plan) {
    const factors = factorize(n);
    plan = factors.some((r) => r > LARGEST_RADIX) ? new Bluestein(n) : new MixedRadix(n, factors);
    if (plans.size >= MOST_PLANS) plans.delete(plans.keys().next().value as number);
    plans.set(n, plan);
  }
  return plan;
}
