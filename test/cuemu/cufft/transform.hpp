// Discrete Fourier transforms of any length in double precision: mixed radix, and Bluestein's
// algorithm where a prime factor is large.
#pragma once

#include <complex>
#include <cstdint>

namespace cuemu {

/** In place, contiguous, not normalised: X[k] = Σ x[j] exp(sign · 2πi jk / n). */
void transform(std::complex<double>* x, int64_t n, int sign);

}  // namespace cuemu
