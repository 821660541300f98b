// Matrix products with cuBLAS.
#include "addon.hpp"

namespace lops::cuda {
namespace {

void gemm(Context& context, const Args<17>& args) {
  context.enter(args.Env());
  const int type = args.int32(0);
  const Bytes scalars = args.bytes(6);
  if (type < 0 || type > 3 || scalars.length < 4 * sizeof(double))
    throw Error("ERR_ARGUMENT", "native call: expected a BLAS type and four scalars");
  const double* given = reinterpret_cast<const double*>(scalars.data);
  const float narrow[4] = {static_cast<float>(given[0]), static_cast<float>(given[1]),
                           static_cast<float>(given[2]), static_cast<float>(given[3])};
  const bool isDouble = type == 1 || type == 3;
  const void* alpha = isDouble ? static_cast<const void*>(given) : narrow;
  const void* beta = isDouble ? static_cast<const void*>(given + 2) : narrow + 2;
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
  const auto multiply = [&] {
    return (context.libraries.blas.*BY_TYPE[type])(
        handle, args.int32(1), args.int32(2), dimension(3), dimension(4), dimension(5), alpha,
        pointer(args.size(7)), dimension(8), args.int64(9), pointer(args.size(10)), dimension(11),
        args.int64(12), beta, pointer(args.size(13)), dimension(14), args.int64(15), dimension(16));
  };
  checkCublas(context.withRoom({CUBLAS_STATUS_ALLOC_FAILED}, multiply), "cublasGemmStridedBatched");
  context.counters.libraryCalls++;
}

}  // namespace

void addBlas(ContextMethods& methods) { methods.push_back(method<gemm>("gemm")); }

}  // namespace lops::cuda
