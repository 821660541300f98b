// Modules and their kernels.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "../include/cuda_types.hpp"
#include "../shim/kernel_abi.h"

struct CUfunc_st {
  const cuemu_kernel* kernel;
  CUmodule module;
  /** Bytes of dynamic shared memory that it may have. */
  unsigned dynamicLimit = 49152;
};

struct CUmod_st {
  void* library = nullptr;
  int file = -1;
  cuemu_state* state = nullptr;
  /** Static shared memory. */
  char *sharedStart = nullptr, *sharedEnd = nullptr;
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
};
