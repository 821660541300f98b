// The loops for machines with AVX2. Every std header comes before the target pragma, so that no
// shared inline function is compiled for it.
#if defined(__x86_64__)
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <immintrin.h>

#include "loops.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

#define LOPS_LEVEL avx2
#define LOPS_LEVEL_NAME "avx2"
#define LOPS_VECTOR_BYTES 32

#include "loops/simd.hpp"
// must come after simd.hpp
#include "loops/linear.hpp"
#include "loops/thin.hpp"
#include "loops/transpose.hpp"
#include "loops/running.hpp"
#include "loops/maps.hpp"
#include "loops/coefficients.hpp"
#include "loops/functions.hpp"
#include "loops/mathematics.hpp"
#include "loops/elementwise.hpp"
#include "loops/integers.hpp"
#include "loops/ordered.hpp"
#include "loops/reductions.hpp"
#include "loops/taps.hpp"
#include "loops/fourier.hpp"
#include "loops/sorting.hpp"
#include "loops/random.hpp"
// must come after all loops
#include "loops/table.hpp"

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
