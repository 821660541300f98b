#include "mailboxes.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cuemu {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/** False where nothing moved; an empty message is one empty chunk. */
bool step(Mailboxes& boxes, Message& message) {
  Mailbox& box = message.send ? boxes.box(boxes.rank(), message.peer) : boxes.box(message.peer, boxes.rank());
  const bool full = box.full.load(std::memory_order_acquire);
  if (full == message.send) return false;
  if (message.send) {
    const size_t rest = message.size - message.done, part = rest < kChunk ? rest : kChunk;
    if (part) std::memcpy(box.data, message.data + message.done, part);
    box.size = uint32_t(part);
    message.done += part;
  } else {
    const size_t part = box.size, room = message.size - message.done;
    if (part > room) {
      std::fprintf(stderr, "cuemu: NCCL: rank %d receives %zu bytes from rank %d, which sends more\n",
                   boxes.rank(), message.size, message.peer);
      boxes.abort();
      return false;
    }
    if (part) std::memcpy(message.data + message.done, box.data, part);
    message.done += part;
  }
  box.full.store(message.send ? 1 : 0, std::memory_order_release);
  message.finished = message.done == message.size;
  return true;
}

}  // namespace

double timeLimit() {
  const char* given = std::getenv("CUEMU_NCCL_TIMEOUT");
  return given && *given ? std::atof(given) : 30;
}

bool exchange(Mailboxes& boxes, std::vector<Message> messages) {
  double since = now();
  for (;;) {
    bool moved = false, all = true;
    for (size_t i = 0; i < messages.size(); ++i) {
      Message& message = messages[i];
      if (message.finished) continue;
      all = false;
      // Within a pair the earlier one goes first
      bool waits = false;
      for (size_t j = 0; j < i; ++j)
        waits |=
            !messages[j].finished && messages[j].peer == message.peer && messages[j].send == message.send;
      if (!waits) moved |= step(boxes, message);
    }
    if (all) return true;
    if (boxes.aborted()) return false;
    if (moved) {
      since = now();
      continue;
    }
    sched_yield();
    if (now() - since < timeLimit()) continue;
    std::fprintf(stderr, "cuemu: NCCL: rank %d has waited %g s for a peer\n", boxes.rank(), timeLimit());
    boxes.abort();
    return false;
  }
}

Mailboxes* Mailboxes::join(const std::string& name, int size, int rank) {
  const size_t bytes = sizeof(Shared) + sizeof(Mailbox) * size_t(size) * size_t(size);
  const int file = shm_open(name.c_str(), O_RDWR | O_CREAT, 0600);
  if (file < 0) return nullptr;
  void* memory = ftruncate(file, off_t(bytes))
                     ? MAP_FAILED
                     : mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return nullptr;
  auto* boxes = new Mailboxes;
  boxes->shared_ = static_cast<Shared*>(memory);
  boxes->bytes_ = bytes;
  boxes->size_ = size;
  boxes->rank_ = rank;
  ++boxes->shared_->joined;
  const double start = now();
  while (boxes->shared_->joined < size) {
    sched_yield();
    if (now() - start < timeLimit()) continue;
    std::fprintf(stderr, "cuemu: NCCL: rank %d waited %g s for %d ranks to join\n", rank, timeLimit(), size);
    shm_unlink(name.c_str());
    delete boxes;
    return nullptr;
  }
  // All have it open: the name is not needed any more
  shm_unlink(name.c_str());
  return boxes;
}

Mailboxes::~Mailboxes() {
  if (shared_) munmap(shared_, bytes_);
}

}  // namespace cuemu
