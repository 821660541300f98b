// The loops for any machine: SSE2 on x86-64, NEON on arm64.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "loops.hpp"

#define LOPS_LEVEL baseline
#define LOPS_LEVEL_NAME "baseline"
#define LOPS_VECTOR_BYTES 16

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
