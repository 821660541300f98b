import { COMM_WORLD, MPIFFTND, MPIMDC, MPINonStationaryConvolve1D, NDArray } from 'lops-mpi';
import type { BenchCase } from '../case.js';
import { both } from './derivatives.js';

const DIMS = [256, 256, 256] as const;
const SAMPLES = 256 ** 3;

const [LENGTH, FILTERS, TAPS] = [50_000, 100, 41] as const;

const [NT, SOURCES, RECEIVERS, FREQUENCIES] = [1599, 101, 61, 400] as const;

export const SPECTRAL_CASES: readonly BenchCase[] = [
  ...both('fftnd_c128', { dims: DIMS.join('x') }, () => new MPIFFTND(DIMS), {
    flops: 5 * SAMPLES * Math.log2(SAMPLES),
    limit: 'fftw_mpi_c2c',
    adjointLimit: 'fftw_mpi_c2c_adj',
  }),
  ...both('fftnd_real_f64', { dims: DIMS.join('x') }, () => new MPIFFTND(DIMS, { real: true }), {
    flops: 2.5 * SAMPLES * Math.log2(SAMPLES),
    limit: 'fftw_mpi_r2c',
    adjointLimit: 'fftw_mpi_c2r',
  }),
  ...both(
    'nonstatconv1d',
    { n: LENGTH, filters: FILTERS, taps: TAPS },
    () => {
      const places = Array.from({ length: FILTERS }, (_, k) => 250 + 500 * k);
      return new MPINonStationaryConvolve1D(
        LENGTH,
        NDArray.uniform([FILTERS, TAPS], { dtype: 'float64', seed: 1 }),
        places,
      );
    },
    { flops: 4 * LENGTH * TAPS, limit: 'nonstatconv', adjointLimit: 'nonstatconv_adj' },
  ),
  ...both(
    'mdc',
    { nt: NT, kernel: `${FREQUENCIES}x${SOURCES}x${RECEIVERS}`, dtype: 'complex64' },
    () => {
      const { rank, size } = COMM_WORLD;
      const count = Math.floor((FREQUENCIES * (rank + 1)) / size) - Math.floor((FREQUENCIES * rank) / size);
      return new MPIMDC(NDArray.uniform([count, SOURCES, RECEIVERS], { dtype: 'complex64', seed: rank }), NT);
    },
    { flops: 8 * FREQUENCIES * SOURCES * RECEIVERS },
  ),
];
