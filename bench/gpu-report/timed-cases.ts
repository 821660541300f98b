/** The cases of the benchmarks that the report times, and those that `--quick` times. */
export const TIMED = [
  ...['axpy', 'axpy_f32', 'dot', 'norm2', 'copy', 'dot_conj_c128', 'axpy_n1000', 'dot_n1000'],
  ...['fill', 'cast', 'sqrt', 'threshold', 'where', 'combine4', 'combine8', 'transpose', 'dots4', 'sum']
    .concat(
      'sum_rows',
      'sum_columns',
      'argmax',
      'median',
      'cumsum',
      'sort',
      'convolve41',
      'gather',
      'scatter',
    )
    .map((name) => `kernel_${name}`),
  ...[
    'misfit_fused',
    'misfit_composed',
    'firstderivative_fwd',
    'firstderivative_adj',
    'secondderivative_fwd',
  ],
  ...['laplacian3_fwd', 'gradient3_fwd', 'gemm_f64', 'gemm_f32', 'fredholm_c128_fwd', 'fftnd_c128_fwd'],
  ...['nonstatconv1d_fwd', 'nonstatconv1d_adj', 'poststack_fwd', 'poststack_adj', 'poststack_cgls50'],
  ...['lsm_fwd', 'lsm_adj', 'cgls_tiny_n1000_it1000'],
] as const;
export const QUICK = ['axpy_n1000', 'firstderivative_n1000'] as const;
