// The addon that src/mpi/mpi-addon.ts declares.
#include "collectives.hpp"
#include "comm.hpp"
#include "device-memory.hpp"
#include "joining.hpp"
#include "last-words.hpp"
#include "life-cycle.hpp"
#include "requests.hpp"
#include "signals.hpp"
#include "watchdog.hpp"

namespace {

Napi::Object load(Napi::Env env, Napi::Object exports) {
  using namespace lops::mpi;
  lops::expose<lops::setErrorClass>(exports, "setErrorClass");
  exports["parameters"] = Napi::Object::New(env);
  exposeLifeCycle(exports);
  exposeJoining(exports);
  exposeLastWords(exports);
  exposeSignals(exports);
  exposeWatchdog(exports);
  exposeComm(exports);
  exposeDeviceMemory(exports);
  exposeCollectives(exports);
  exposeVectorCollectives(exports);
  exposePointToPoint(exports);
  exposeRequests(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(lops_mpi, load)
