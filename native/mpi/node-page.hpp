// Memory that the ranks of one node share: the messages printed before the end of the job, and the
// current activity of each rank.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace lops::mpi {

/**
 * The activity of one rank. Its main thread writes it if calls are recorded, otherwise its monitor.
 * The monitor of any rank reads it.
 */
struct Activity {
  static constexpr std::size_t kText = 1000;
  /** Odd during a write. */
  std::atomic<std::uint32_t> version;
  std::int32_t rank;
  /** True in a call that may wait for other ranks. */
  std::int32_t waits;
  /** Set by the rank's monitor: true if the main thread has recently used its core. */
  std::atomic<std::int32_t> busy;
  /**
   * The time at which the call began, or the last one ended, in seconds of the node's monotonic
   * clock.
   */
  double since;
  /** The current call, or the last one, with its peers and its place in the program. */
  char text[kText];
};

struct NodePage {
  static constexpr std::size_t kSaid = 64;
  /** Hashes of the messages that were printed. Zeros are free entries. */
  std::atomic<std::uint64_t> said[kSaid];
  /** 1 after a rank of this node has reported that a rank waits. */
  std::atomic<std::int32_t> informed;
  /** 1 after a rank of this node has ended the job because a rank waits too long. */
  std::atomic<std::int32_t> reported;
  /** The number of activities that follow. */
  std::int32_t ranks;
  Activity activities[1];
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<std::int32_t>::is_always_lock_free,
              "memory of several processes");

/**
 * The page of this node. If memory cannot be shared (no /dev/shm), and before MPI_Init, it belongs
 * to this rank alone.
 */
NodePage& nodePage();

/** The activity of this rank. */
Activity& ownActivity();

/** Makes the page. Collective over the job. */
void shareNodePage();

}  // namespace lops::mpi
