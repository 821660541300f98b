// Datatypes and operations, and types for more elements than one MPI call can count.
#pragma once

#include <cstddef>

#include "../common/dtype.hpp"
#include "../common/span.hpp"
#include "errors.hpp"
#include "mpi-api.hpp"

namespace lops::mpi {

MPI_Datatype datatypeOf(DType dtype);

/** `op` is a position in the list of src/mpi/mpi-addon.ts: sum, prod, max, min, land, lor. */
MPI_Op opOf(std::int32_t op, DType dtype);

/** Creates the operations of this addon. Called once after MPI_Init. freeOps frees them. */
void createOps();
void freeOps();

/**
 * The largest number of elements in one call. Tests lower it to reach the code for more elements.
 */
std::size_t maxCount();
void setMaxCount(std::size_t count);

/** `count` elements as (type, count) of one message, for any number of elements. */
class Elements {
 public:
  Elements(DType dtype, std::size_t count) : Elements(dtype, count, count) {}
  /** As one block if `total`, of which this is a part, is more than one call can count. */
  Elements(DType dtype, std::size_t count, std::size_t total);
  ~Elements();
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;
  MPI_Datatype type() const { return type_; }
  Count count() const { return count_; }
  bool isDerived() const { return derived_; }

 private:
  MPI_Datatype type_;
  Count count_;
  bool derived_ = false;
};

/** Runs `call(first element, count)` on pieces of at most `maxCount()` elements. */
template <typename Call>
void inPieces(std::size_t count, Call&& call) {
  const std::size_t most = maxCount();
  std::size_t at = 0;
  do {
    const std::size_t n = count - at < most ? count - at : most;
    call(at, static_cast<Count>(n));
    at += n;
  } while (at < count);
}

}  // namespace lops::mpi
