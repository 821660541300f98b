// Decompositions of matrices with cuSOLVER, by its own conventions: matrices lie column by column,
// those of a stack one after another. `info` on the device has an integer for each matrix.
#include <algorithm>

#include "addon.hpp"

namespace lops::cuda {
namespace {

/** A type of elements: its number in CUDA's libraries, that of its real type, and its bytes. */
struct Type {
  int element, real;
  std::size_t bytes, realBytes;
};
/** The number of a complex type less that of its real type. */
constexpr int COMPLEX = 4;
/** By the position in s, d, c, z. */
constexpr Type TYPES[] = {{0, 0, 4, 4}, {1, 1, 8, 8}, {4, 0, 8, 4}, {5, 1, 16, 8}};

constexpr int WITHOUT_VECTORS = 0, WITH_VECTORS = 1;

int typeNumber(int type) {
  if (type < 0 || type > 3) throw Error("ERR_ARGUMENT", "native call: expected a BLAS type");
  return type;
}

/** One array of a stack on the device, or null, as an element of an array of pointers. */
struct Stack {
  std::size_t address, bytes;
  void* operator[](std::size_t i) const { return address == 0 ? nullptr : pointer(address + i * bytes); }
};

/** Memory of the pool. Work that is queued may still use it when its block is given back. */
struct Scratch {
  Pool& pool;
  Chunk* chunk;
  Scratch(Pool& pool, std::size_t bytes) : pool(pool), chunk(pool.take(bytes > 0 ? bytes : 1)) {}
  ~Scratch() { pool.give(chunk); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
};

/** What the routines of all kinds of decompositions take. */
struct Call {
  Context& context;
  const CusolverApi& api;
  cusolverHandle handle;
  cusolverParams params;
  Type type;

  template <typename Arguments>
  Call(Context& context, const Arguments& args)
      : context(context), api(context.libraries.solver), type(TYPES[typeNumber(args.int32(0))]) {
    context.enter(args.Env());
    handle = context.solver();
    params = context.solverParams();
  }

  Stack elements(std::size_t address, std::size_t size) const { return {address, size * type.bytes}; }
  Stack reals(std::size_t address, std::size_t size) const { return {address, size * type.realBytes}; }

  /**
   * Runs `run(i, device work, bytes, host work, bytes)` for each matrix, with the memory that
   * `query` asks for.
   */
  template <typename Query, typename Run>
  void each(const char* routine, std::size_t count, Query&& query, Run&& run) const {
    std::size_t onDevice = 0, onHost = 0;
    checkCusolver(query(&onDevice, &onHost), routine);
    const Scratch work(*context.pool, onDevice);
    if (context.solverWork.size() < onHost) context.solverWork.resize(onHost);
    for (std::size_t i = 0; i < count; i++) {
      checkCusolver(run(i, pointer(work.chunk->address), onDevice, context.solverWork.data(), onHost),
                    routine);
      context.counters.libraryCalls++;
    }
  }
};

constexpr auto NO_WORK = [](std::size_t*, std::size_t*) { return 0; };

int* infoOf(std::size_t address, std::size_t i) { return static_cast<int*>(pointer(address)) + i; }
std::int64_t* pivotsOf(std::size_t address, std::size_t i) {
  return static_cast<std::int64_t*>(pointer(address)) + i;
}

/** getrf(type, count, m, n, a, pivots, info): pivots of 64 bits, from 1 on. */
void getrf(Context& context, const Args<7>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), m = args.size(2), n = args.size(3);
  const Stack a = call.elements(args.size(4), m * n);
  const std::size_t pivots = args.size(5), info = args.size(6);
  const int t = call.type.element;
  call.each(
      "cusolverDnXgetrf", count,
      [&](std::size_t* device, std::size_t* host) {
        return call.api.cusolverDnXgetrf_bufferSize(call.handle, call.params, m, n, t, a[0], m, t, device,
                                                    host);
      },
      [&](std::size_t i, auto... work) {
        return call.api.cusolverDnXgetrf(call.handle, call.params, m, n, t, a[i], m,
                                         pivotsOf(pivots, i * std::min(m, n)), t, work..., infoOf(info, i));
      });
}

/** getrs(type, count, n, columns, a, pivots, b, info) */
void getrs(Context& context, const Args<8>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), n = args.size(2), columns = args.size(3);
  const Stack a = call.elements(args.size(4), n * n), b = call.elements(args.size(6), n * columns);
  const std::size_t pivots = args.size(5), info = args.size(7);
  const int t = call.type.element;
  call.each("cusolverDnXgetrs", count, NO_WORK, [&](std::size_t i, auto...) {
    return call.api.cusolverDnXgetrs(call.handle, call.params, 0, n, columns, t, a[i], n,
                                     pivotsOf(pivots, i * n), t, b[i], n, infoOf(info, i));
  });
}

/** potrf(type, count, n, uplo, a, info) */
void potrf(Context& context, const Args<6>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), n = args.size(2), info = args.size(5);
  const int uplo = args.int32(3), t = call.type.element;
  const Stack a = call.elements(args.size(4), n * n);
  call.each(
      "cusolverDnXpotrf", count,
      [&](std::size_t* device, std::size_t* host) {
        return call.api.cusolverDnXpotrf_bufferSize(call.handle, call.params, uplo, n, t, a[0], n, t, device,
                                                    host);
      },
      [&](std::size_t i, auto... work) {
        return call.api.cusolverDnXpotrf(call.handle, call.params, uplo, n, t, a[i], n, t, work...,
                                         infoOf(info, i));
      });
}

/** A count or a size, for routines that count to 2³¹ − 1. */
template <typename Arguments>
int narrow(const Arguments& args, std::size_t i) {
  const std::size_t value = args.size(i);
  if (value > 2147483647) throw Error("ERR_BACKEND", "this routine of CUDA counts to 2^31 - 1");
  return static_cast<int>(value);
}

/** getrfBatched(type, count, n, addresses of a, pivots, info): pivots of 32 bits, from 1 on. */
void getrfBatched(Context& context, const Args<6>& args) {
  const Call call(context, args);
  constexpr decltype(CublasApi::cublasSgetrfBatched) CublasApi::* ROUTINES[] = {
      &CublasApi::cublasSgetrfBatched, &CublasApi::cublasDgetrfBatched, &CublasApi::cublasCgetrfBatched,
      &CublasApi::cublasZgetrfBatched};
  const int count = narrow(args, 1), n = narrow(args, 2);
  checkCublas((context.libraries.blas.*ROUTINES[args.int32(0)])(context.blas(), n, pointer(args.size(3)), n,
                                                                infoOf(args.size(4), 0),
                                                                infoOf(args.size(5), 0), count),
              "cublasgetrfBatched");
  context.counters.libraryCalls++;
}

/** getrsBatched(type, count, n, columns, addresses of a, pivots, addresses of b) */
void getrsBatched(Context& context, const Args<7>& args) {
  const Call call(context, args);
  constexpr decltype(CublasApi::cublasSgetrsBatched) CublasApi::* ROUTINES[] = {
      &CublasApi::cublasSgetrsBatched, &CublasApi::cublasDgetrsBatched, &CublasApi::cublasCgetrsBatched,
      &CublasApi::cublasZgetrsBatched};
  const int count = narrow(args, 1), n = narrow(args, 2), columns = narrow(args, 3);
  int info = 0;
  checkCublas((context.libraries.blas.*ROUTINES[args.int32(0)])(
                  context.blas(), 0, n, columns, pointer(args.size(4)), n, infoOf(args.size(5), 0),
                  pointer(args.size(6)), n, &info, count),
              "cublasgetrsBatched");
  context.counters.libraryCalls++;
}

/** potrfBatched(type, count, n, uplo, addresses of a, info) */
void potrfBatched(Context& context, const Args<6>& args) {
  const Call call(context, args);
  constexpr decltype(CusolverApi::cusolverDnSpotrfBatched) CusolverApi::* ROUTINES[] = {
      &CusolverApi::cusolverDnSpotrfBatched, &CusolverApi::cusolverDnDpotrfBatched,
      &CusolverApi::cusolverDnCpotrfBatched, &CusolverApi::cusolverDnZpotrfBatched};
  const int count = narrow(args, 1), n = narrow(args, 2);
  checkCusolver((call.api.*ROUTINES[args.int32(0)])(call.handle, args.int32(3), n, pointer(args.size(4)), n,
                                                    infoOf(args.size(5), 0), count),
                "cusolverDnpotrfBatched");
  context.counters.libraryCalls++;
}

/** geqrf(type, count, m, n, a, elements of one matrix, tau, info) */
void geqrf(Context& context, const Args<8>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), m = args.size(2), n = args.size(3), info = args.size(7);
  const Stack a = call.elements(args.size(4), args.size(5));
  const Stack tau = call.elements(args.size(6), std::min(m, n));
  const int t = call.type.element;
  call.each(
      "cusolverDnXgeqrf", count,
      [&](std::size_t* device, std::size_t* host) {
        return call.api.cusolverDnXgeqrf_bufferSize(call.handle, call.params, m, n, t, a[0], m, t, tau[0], t,
                                                    device, host);
      },
      [&](std::size_t i, auto... work) {
        return call.api.cusolverDnXgeqrf(call.handle, call.params, m, n, t, a[i], m, t, tau[i], t, work...,
                                         infoOf(info, i));
      });
}

/** orgqr(type, count, m, n, k, a, elements of one matrix, tau, info) */
void orgqr(Context& context, const Args<9>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), info = args.size(8);
  const int m = narrow(args, 2), n = narrow(args, 3), k = narrow(args, 4);
  const Stack a = call.elements(args.size(5), args.size(6));
  const Stack tau = call.elements(args.size(7), static_cast<std::size_t>(k));
  constexpr decltype(CusolverApi::cusolverDnSorgqr_bufferSize) CusolverApi::* SIZES[] = {
      &CusolverApi::cusolverDnSorgqr_bufferSize, &CusolverApi::cusolverDnDorgqr_bufferSize,
      &CusolverApi::cusolverDnCungqr_bufferSize, &CusolverApi::cusolverDnZungqr_bufferSize};
  constexpr decltype(CusolverApi::cusolverDnSorgqr) CusolverApi::* ROUTINES[] = {
      &CusolverApi::cusolverDnSorgqr, &CusolverApi::cusolverDnDorgqr, &CusolverApi::cusolverDnCungqr,
      &CusolverApi::cusolverDnZungqr};
  const int type = args.int32(0);
  int size = 0;
  call.each(
      "cusolverDnorgqr", count,
      [&](std::size_t* device, std::size_t*) {
        const auto query = call.api.*SIZES[type];
        const cusolverStatus code = query(call.handle, m, n, k, a[0], m, tau[0], &size);
        *device = static_cast<std::size_t>(size) * call.type.bytes;
        return code;
      },
      [&](std::size_t i, void* work, auto...) {
        return (call.api.*ROUTINES[type])(call.handle, m, n, k, a[i], m, tau[i], work, size, infoOf(info, i));
      });
}

/** gesvd(type, count, m, n, job, a, s, u, columns of u, vt, info): m ≥ n; u and vt may be 0. */
void gesvd(Context& context, const Args<11>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), m = args.size(2), n = args.size(3), info = args.size(10);
  const auto job = static_cast<signed char>(args.int32(4));
  const Stack a = call.elements(args.size(5), m * n), s = call.reals(args.size(6), n);
  const Stack u = call.elements(args.size(7), m * args.size(8)), vt = call.elements(args.size(9), n * n);
  const int t = call.type.element, r = call.type.real;
  call.each(
      "cusolverDnXgesvd", count,
      [&](std::size_t* device, std::size_t* host) {
        return call.api.cusolverDnXgesvd_bufferSize(call.handle, call.params, job, job, m, n, t, a[0], m, r,
                                                    s[0], t, u[0], m, t, vt[0], n, t, device, host);
      },
      [&](std::size_t i, auto... work) {
        return call.api.cusolverDnXgesvd(call.handle, call.params, job, job, m, n, t, a[i], m, r, s[i], t,
                                         u[i], m, t, vt[i], n, t, work..., infoOf(info, i));
      });
}

/** syevd(type, count, n, with vectors, uplo, a, w, info) */
void syevd(Context& context, const Args<8>& args) {
  const Call call(context, args);
  const std::size_t count = args.size(1), n = args.size(2), info = args.size(7);
  const int job = args.boolean(3) ? WITH_VECTORS : WITHOUT_VECTORS, uplo = args.int32(4);
  const Stack a = call.elements(args.size(5), n * n), w = call.reals(args.size(6), n);
  const int t = call.type.element, r = call.type.real;
  call.each(
      "cusolverDnXsyevd", count,
      [&](std::size_t* device, std::size_t* host) {
        return call.api.cusolverDnXsyevd_bufferSize(call.handle, call.params, job, uplo, n, t, a[0], n, r,
                                                    w[0], t, device, host);
      },
      [&](std::size_t i, auto... work) {
        return call.api.cusolverDnXsyevd(call.handle, call.params, job, uplo, n, t, a[i], n, r, w[i], t,
                                         work..., infoOf(info, i));
      });
}

bool hasGeev(Context& context, const Args<0>&) { return context.libraries.hasGeev; }

/**
 * geev(type, count, n, a, w, vr, info): w is complex, vr has the type of a and may be 0. Vectors of
 * conjugated pairs of a real matrix are stored as real and imaginary parts.
 */
void geev(Context& context, const Args<7>& args) {
  const Call call(context, args);
  const GeevApi& api = context.libraries.general;
  const std::size_t count = args.size(1), n = args.size(2), info = args.size(6);
  const Stack a = call.elements(args.size(3), n * n), vr = call.elements(args.size(5), n * n);
  const Stack w{args.size(4), n * 2 * call.type.realBytes};
  const int job = vr.address == 0 ? WITHOUT_VECTORS : WITH_VECTORS;
  const int t = call.type.element, c = COMPLEX + call.type.real;
  call.each(
      "cusolverDnXgeev", count,
      [&](std::size_t* device, std::size_t* host) {
        return api.cusolverDnXgeev_bufferSize(call.handle, call.params, WITHOUT_VECTORS, job, n, t, a[0], n,
                                              c, w[0], t, nullptr, n, t, vr[0], n, t, device, host);
      },
      [&](std::size_t i, auto... work) {
        return api.cusolverDnXgeev(call.handle, call.params, WITHOUT_VECTORS, job, n, t, a[i], n, c, w[i], t,
                                   nullptr, n, t, vr[i], n, t, work..., infoOf(info, i));
      });
}

}  // namespace

void addSolver(ContextMethods& methods) {
  methods.insert(methods.end(), {method<getrf>("getrf"), method<getrs>("getrs"), method<potrf>("potrf"),
                                 method<getrfBatched>("getrfBatched"), method<getrsBatched>("getrsBatched"),
                                 method<potrfBatched>("potrfBatched"), method<geqrf>("geqrf"),
                                 method<orgqr>("orgqr"), method<gesvd>("gesvd"), method<syevd>("syevd"),
                                 method<geev>("geev"), method<hasGeev>("hasGeev")});
}

}  // namespace lops::cuda
