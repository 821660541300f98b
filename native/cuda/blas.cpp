// Matrix products by cuBLAS.
#include "blas.hpp"

#include "context.hpp"

namespace lops::cuda {
namespace {

napi_value gemm(napi_env env, napi_callback_info info) {
  const Args<18> args(env, info);
  Context& context = enter(env, args[0]);
  const int type = args.int32(1);
  const Bytes scalars = args.bytes(7);
  if (type < 0 || type > 3 || scalars.length < 4 * sizeof(double))
    throw Error("ERR_ARGUMENT", "native call: expected a BLAS type and four scalars");
  const double* given = reinterpret_cast<const double*>(scalars.data);
  const float narrow[4] = {static_cast<float>(given[0]), static_cast<float>(given[1]),
                           static_cast<float>(given[2]), static_cast<float>(given[3])};
  const bool isDouble = type == 1 || type == 3;
  const void* alpha = isDouble ? static_cast<const void*>(given) : narrow;
  const void* beta = isDouble ? static_cast<const void*>(given + 2) : narrow + 2;
  const auto pointer = [&](std::size_t i) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(args.size(i)));
  };
  const auto dimension = [&](std::size_t i) {
    const std::size_t value = args.size(i);
    if (value > 2147483647)
      throw Error("ERR_BACKEND", "cuBLAS counts to 2^31 - 1; a matrix of this product has " +
                                     std::to_string(value) + " rows or columns");
    return static_cast<int>(value);
  };
  constexpr decltype(CublasApi::cublasSgemmStridedBatched) CublasApi::* BY_TYPE[] = {
      &CublasApi::cublasSgemmStridedBatched, &CublasApi::cublasDgemmStridedBatched,
      &CublasApi::cublasCgemmStridedBatched, &CublasApi::cublasZgemmStridedBatched};
  const cublasHandle handle = context.blas();
  checkCublas((context.libraries.blas.*BY_TYPE[type])(
                  handle, args.int32(2), args.int32(3), dimension(4), dimension(5), dimension(6), alpha,
                  pointer(8), dimension(9), args.int64(10), pointer(11), dimension(12), args.int64(13), beta,
                  pointer(14), dimension(15), args.int64(16), dimension(17)),
              "cublasGemmStridedBatched");
  context.counters.libraryCalls++;
  return nullptr;
}

}  // namespace

void exposeBlas(napi_env env, napi_value exports) { expose<gemm>(env, exports, "gemm"); }

}  // namespace lops::cuda
