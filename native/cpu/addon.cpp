// The entry point of lops_cpu.

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "addon.hpp"

#include <cstdint>

#include "../common/args.hpp"
#include "../common/functions.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/**
 * info() → { simd, blas, fft, mathematics, streamBytes }. blas, fft and mathematics name the linked
 * libraries, or are empty.
 */
Napi::Value info(const Napi::CallbackInfo& call) {
  Napi::Object result = Napi::Object::New(call.Env());
  result["simd"] = loops().name;
  result["blas"] = blasName();
  result["fft"] = fftName();
#ifdef LOPS_SLEEF
  result["mathematics"] = LOPS_SLEEF;
#else
  result["mathematics"] = "";
#endif
  result["streamBytes"] = static_cast<double>(streamBytes);
  return result;
}

/** Memory of at least this size is mapped in huge pages where the system has them, as NumPy does. */
constexpr std::size_t hugeBytes = std::size_t(4) << 20;

/**
 * addressOf(buffer): its address modulo 64. The caller aligns memory to vectors and cache lines with
 * it. Large buffers are marked for huge pages, which cost less at the first touch and later.
 */
std::int32_t addressOf(const Args<1>& args) {
  const Bytes bytes = args.bytes(0);
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(bytes.data);
#if defined(__linux__)
  if (bytes.length >= hugeBytes) {
    const std::uintptr_t page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const std::uintptr_t first = (address + page - 1) / page * page;
    // Advice only: a failure changes nothing
    madvise(reinterpret_cast<void*>(first), (address + bytes.length - first) / page * page, MADV_HUGEPAGE);
  }
#endif
  return static_cast<std::int32_t>(address % 64);
}

Napi::Object load(Napi::Env env, Napi::Object exports) {
  try {
    loops();
  } catch (const Error& error) {
    throw toJs(env, error);
  }
  expose<info>(exports, "info");
  expose<addressOf>(exports, "addressOf");
  exportVectors(exports);
  exportProgram(exports);
  exportAccumulate(exports);
  exportSort(exports);
  exportSearch(exports);
  exportStrided(exports);
  exportStencil(exports);
  exportConvolve(exports);
  exportIndexed(exports);
  exportCurves(exports);
  exportVaryingConvolution(exports);
  exportWindows(exports);
  exportRandom(exports);
  exportSparse(exports);
  exportMatmul(exports);
  exportFft(exports);
  exportLapack(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(lops_cpu, load)

}  // namespace lops
