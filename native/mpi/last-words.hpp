// What ranks say before the job ends. Ranks of one node share what was said, so that what concerns
// them all is said once.
#pragma once

#include <string>

#include "errors.hpp"

namespace lops::mpi {

/** Finds out who this is, after MPI_Init. */
void introduce();

/** 'lops-mpi: rank 1 of 3 (host, process 123)'; without the number of ranks where it is 0. */
std::string describeRank(int rank, int ranks);

/** describeRank of this rank, after MPI_Init. */
const std::string& whoAmI();

/** Writes to stderr, and gives the launcher time to pass it on. */
void sayLast(const std::string& text);

/** Only where no rank of this node has said anything yet. */
void sayLastIfFirst(const std::string& text);

void exposeLastWords(Napi::Object exports);

}  // namespace lops::mpi
