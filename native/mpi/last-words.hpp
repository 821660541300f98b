// The output of ranks before the job ends. The ranks of one node share a record of it, so that a
// message that concerns all of them is printed once.
#pragma once

#include <string>

#include "errors.hpp"

namespace lops::mpi {

/** Determines the rank, the host and the process. Called after MPI_Init. */
void introduce();

/** 'lops-mpi: rank 1 of 3 (host, process 123)'. Without the number of ranks if it is 0. */
std::string describeRank(int rank, int ranks);

/** describeRank of this rank, after MPI_Init. */
const std::string& whoAmI();

/** '0.5 s'. */
std::string secondsOf(double time);

/** Writes to stderr, and waits so that the launcher can forward it. */
void say(const std::string& text);

/** Like say, for the message at the end of the job. */
void sayLast(const std::string& text);

/** Like sayLast, but only if no rank of this node has printed a message. */
void sayLastIfFirst(const std::string& text);

void exposeLastWords(Napi::Object exports);

}  // namespace lops::mpi
