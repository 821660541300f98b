// Memory that the ranks of one node share: what was said before the end of the job, and what each
// rank does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lops::mpi {

/** What one rank does. Its main thread writes, any rank's monitor reads. */
struct Activity {
  static constexpr std::size_t kText = 1000;
  /** Odd while it is written. */
  std::atomic<std::uint32_t> version;
  std::int32_t rank;
  /** In a call that may wait for others. */
  std::int32_t waits;
  /** By its monitor: whether the main thread has used its core lately. */
  std::atomic<std::int32_t> busy;
  /** Seconds of the node's monotonic clock at which the call began, or the last one ended. */
  double since;
  /** The call, or the last one, with its peers and its place in the program. */
  char text[kText];
};

struct NodePage {
  static constexpr std::size_t kSaid = 64;
  /** Hashes of what was said; zeros are free. */
  std::atomic<std::uint64_t> said[kSaid];
  /** 1 once a rank of this node reports that one waits too long. */
  std::atomic<std::int32_t> reported;
  /** How many activities follow. */
  std::int32_t ranks;
  Activity activities[1];
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<std::int32_t>::is_always_lock_free,
              "memory of several processes");

/**
 * The page of this node; of this rank alone where no memory can be shared (no /dev/shm), and before
 * MPI_Init.
 */
NodePage& nodePage();

/** What this rank does. */
Activity& ownActivity();

/** Collective over the job: makes the page. */
void shareNodePage();

}  // namespace lops::mpi
