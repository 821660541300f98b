// The addon: what src/mpi/mpi-addon.ts declares.
#include "collectives.hpp"
#include "comm.hpp"
#include "cuda-support.hpp"
#include "joining.hpp"
#include "last-words.hpp"
#include "life-cycle.hpp"
#include "requests.hpp"
#include "signals.hpp"
#include "watchdog.hpp"

namespace {

napi_value load(napi_env env, napi_value exports) {
  using namespace lops::mpi;
  return lops::guarded(env, [&] {
    expose<setErrorClass>(env, exports, "setErrorClass");
    exposeLifeCycle(env, exports);
    exposeJoining(env, exports);
    exposeLastWords(env, exports);
    exposeSignals(env, exports);
    exposeWatchdog(env, exports);
    exposeComm(env, exports);
    exposeCudaSupport(env, exports);
    exposeCollectives(env, exports);
    exposeVectorCollectives(env, exports);
    exposePointToPoint(env, exports);
    exposeRequests(env, exports);
    return exports;
  });
}

}  // namespace

NAPI_MODULE(lops_mpi, load)
