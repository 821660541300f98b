// Messages between the processes of one machine: a mailbox for each pair of ranks in shared memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cuemu {

constexpr size_t kChunk = 64 << 10;

struct Mailbox {
  std::atomic<uint32_t> full;
  uint32_t size;
  char data[kChunk];
};

/** What all ranks of a communicator share. */
struct Shared {
  std::atomic<int> joined, aborted;
  Mailbox boxes[1];
};

class Mailboxes {
 public:
  /**
   * Opens or makes the shared memory and waits until all ranks have come; null after the time
   * limit.
   */
  static Mailboxes* join(const std::string& name, int size, int rank);
  ~Mailboxes();

  int size() const { return size_; }
  int rank() const { return rank_; }
  Mailbox& box(int from, int to) { return shared_->boxes[from * size_ + to]; }
  /** The others stop waiting too. */
  void abort() { shared_->aborted = 1; }
  bool aborted() const { return shared_->aborted != 0; }

 private:
  Shared* shared_ = nullptr;
  size_t bytes_ = 0;
  int size_ = 0, rank_ = 0;
};

/** One direction of an exchange, moved a chunk at a time. */
struct Message {
  char* data;
  size_t size;
  int peer;
  bool send;
  size_t done = 0;
  bool finished = false;
};

/**
 * Moves all of them, in any order between pairs and in order within a pair. False where a peer did
 * not come in time or ended.
 */
bool exchange(Mailboxes& boxes, std::vector<Message> messages);

/** Seconds that an operation waits for its peer: CUEMU_NCCL_TIMEOUT, 30. */
double timeLimit();

}  // namespace cuemu
