// Plans of the emulated cuFFT.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../include/services.hpp"

enum cufftResult {
  CUFFT_SUCCESS = 0,
  CUFFT_INVALID_PLAN = 1,
  CUFFT_ALLOC_FAILED = 2,
  CUFFT_INVALID_TYPE = 3,
  CUFFT_INVALID_VALUE = 4,
  CUFFT_INTERNAL_ERROR = 5,
  CUFFT_EXEC_FAILED = 6,
  CUFFT_SETUP_FAILED = 7,
  CUFFT_INVALID_SIZE = 8,
  CUFFT_INCOMPLETE_PARAMETER_LIST = 10,
  CUFFT_INVALID_DEVICE = 11,
  CUFFT_NO_WORKSPACE = 13,
};

enum cufftType {
  CUFFT_C2C = 0x29,
  CUFFT_R2C = 0x2a,
  CUFFT_C2R = 0x2c,
  CUFFT_Z2Z = 0x69,
  CUFFT_D2Z = 0x6a,
  CUFFT_Z2D = 0x6c
};

namespace cuemu {

/**
 * Where the elements of one side lie: element (i₀, …) of batch b is at b·distance + stride·(…(i₀·e₁
 * + i₁)·e₂ + …).
 */
struct Layout {
  std::vector<int64_t> embed;
  int64_t stride = 1, distance = 0;
};

struct Plan {
  CUstream stream = nullptr;
  bool made = false, automatic = true;
  int type = 0;
  std::vector<int64_t> n;
  int64_t batch = 1;
  Layout in, out;
  size_t workSize = 0;
  CUdeviceptr work = 0;
  bool ownsWork = false;
};

bool isDouble(int type);
bool isForwardReal(int type);
bool isInverseReal(int type);

/** The plan with this number, or null. */
std::shared_ptr<Plan> planOf(int handle);

/** The numbers of elements along each axis of the input or the output. */
std::vector<int64_t> sizesOf(const Plan& plan, bool output);

}  // namespace cuemu
