#include "life-cycle.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include "comm.hpp"
#include "joining.hpp"
#include "last-words.hpp"
#include "node-page.hpp"
#include "signals.hpp"
#include "types.hpp"
#include "watchdog.hpp"

namespace lops::mpi {
namespace {

enum class State { fresh, active, finalized };
std::atomic<State> state{State::fresh};
/**
 * True if another copy of this addon, or another library, initialised MPI. MPI may then be
 * finalized without a call here.
 */
bool joined = false;
int rank = 0;
int size = 0;

constexpr int kHere = 2;
constexpr int kRelease = 3;

/** init() → handle of MPI_COMM_WORLD. Initialises MPI unless this process has already done so. */
std::int32_t init(const Napi::CallbackInfo&) {
  if (state != State::fresh) {
    checkActive();
    return kWorld;
  }
  int initialized = 0;
  check(MPI_Initialized(&initialized), "MPI_Initialized");
  joined = initialized != 0;
  int provided = 0;
  if (!joined) check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  check(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
  state = State::active;
  createOps();
  const std::int32_t world = adopt(MPI_COMM_WORLD);
  introduce();
  shareNodePage();
  endJoining();
  return world;
}

/**
 * Polls `done` until it is true or `seconds` have passed. The interval grows, so that ranks that
 * still compute can use the cores.
 */
template <typename Done>
bool poll(double seconds, Done&& done) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  while (!done()) {
    const std::chrono::duration<double> spent = Clock::now() - start;
    if (spent.count() > seconds) return false;
    if (spent.count() < 1e-3) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(spent.count() < 0.1 ? 100 : 2000));
  }
  return true;
}

bool isDone(MPI_Request& request) {
  int flag = 0;
  check(MPI_Test(&request, &flag, MPI_STATUS_IGNORE), "MPI_Test");
  return flag != 0;
}

/**
 * Waits for all ranks, like MPI_Finalize, but with a time limit. Returns the ranks that did not
 * arrive.
 */
std::vector<std::int32_t> meet(double seconds) {
  const Comm& world = commOf(kWorld);
  std::vector<std::int32_t> missing;
  if (rank != 0) {
    MPI_Request here, zero, release;
    check(MPI_Irecv(nullptr, 0, MPI_INT, 0, kRelease, world.twin, &release), "MPI_Irecv");
    check(MPI_Irecv(nullptr, 0, MPI_INT, 0, kHere, world.twin, &zero), "MPI_Irecv");
    check(MPI_Isend(nullptr, 0, MPI_INT, 0, kHere, world.twin, &here), "MPI_Isend");
    // rank 0 has more information, so the others give it time to report first
    if (!poll(seconds + 3, [&] { return isDone(release); }) && !isDone(zero)) missing.push_back(0);
    else if (release != MPI_REQUEST_NULL) missing.push_back(-1);
    else check(MPI_Wait(&here, MPI_STATUS_IGNORE), "MPI_Wait");
    return missing;
  }
  const std::size_t others = static_cast<std::size_t>(size) - 1;
  std::vector<MPI_Request> here(others), sends(others);
  for (std::size_t i = 0; i < others; i++) {
    const int other = static_cast<int>(i) + 1;
    check(MPI_Irecv(nullptr, 0, MPI_INT, other, kHere, world.twin, &here[i]), "MPI_Irecv");
    check(MPI_Isend(nullptr, 0, MPI_INT, other, kHere, world.twin, &sends[i]), "MPI_Isend");
  }
  std::size_t next = 0;
  const bool all = poll(seconds, [&] {
    while (next < others && isDone(here[next])) next++;
    return next == others;
  });
  if (!all) {
    for (std::size_t i = next; i < others; i++) {
      if (here[i] != MPI_REQUEST_NULL && !isDone(here[i]))
        missing.push_back(static_cast<std::int32_t>(i) + 1);
    }
    return missing;
  }
  for (std::size_t i = 0; i < others; i++) {
    check(MPI_Send(nullptr, 0, MPI_INT, static_cast<int>(i) + 1, kRelease, world.twin), "MPI_Send");
  }
  check(MPI_Waitall(static_cast<int>(others), sends.data(), MPI_STATUSES_IGNORE), "MPI_Waitall");
  return missing;
}

/**
 * finalize(seconds) → the ranks that did not arrive in time (−1 if not known). MPI is finalized
 * only if there are none.
 */
Napi::Value finalize(const Napi::CallbackInfo& info) {
  checkActive();
  const InCall call("the end of the program");
  const std::vector<std::int32_t> missing = meet(info[0].As<Napi::Number>());
  Napi::Array result = Napi::Array::New(info.Env(), missing.size());
  for (std::uint32_t i = 0; i < missing.size(); i++) result[i] = missing[i];
  if (missing.empty()) {
    state = State::finalized;
    unwatchSignals();
    freeOps();
    check(MPI_Finalize(), "MPI_Finalize");
  }
  return result;
}

/** abort(code): ends the whole job. */
void abortJob(const Napi::CallbackInfo& info) {
  const int code = info[0].As<Napi::Number>();
  if (isActive()) MPI_Abort(MPI_COMM_WORLD, code);
  std::_Exit(code);
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  char text[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
  int length = 0;
  check(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
  int version = 0, subversion = 0;
  check(MPI_Get_version(&version, &subversion), "MPI_Get_version");
  Napi::Object result = Napi::Object::New(info.Env());
  result["library"] = kLibrary;
  result["version"] = text;
  result["standard"] = std::to_string(version) + "." + std::to_string(subversion);
  result["largeCounts"] = kLargeCounts;
  result["mpicc"] = LOPS_MPICC;
  return result;
}

void limitCount(const Napi::CallbackInfo& info) {
  setMaxCount(static_cast<std::size_t>(info[0].As<Napi::Number>().Int64Value()));
}

}  // namespace

bool isActive() {
  if (state != State::active) return false;
  int finalized = 0;
  if (joined) MPI_Finalized(&finalized);
  return finalized == 0;
}
int worldRank() { return rank; }
int worldSize() { return size; }

void checkActive() {
  if (isActive()) return;
  throw Error("ERR_MPI", state == State::fresh
                             ? "MPI is not initialised"
                             : "MPI was finalized: no communication after the end of the program");
}

void exposeLifeCycle(Napi::Object exports) {
  expose<init>(exports, "init");
  expose<finalize>(exports, "finalize");
  expose<abortJob>(exports, "abort");
  expose<describe>(exports, "describe");
  expose<limitCount>(exports, "setMaxCount");
}

}  // namespace lops::mpi
