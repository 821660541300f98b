// What the emulated driver offers to the emulated cuBLAS, cuFFT, cuSOLVER and NCCL, to the MPI shim,
// and to tests.
#pragma once

#include <functional>

#include "cuda_types.hpp"

/**
 * Puts an operation into a stream; it answers 0 or a CUDA error, which then sticks. `name` is
 * counted as a library call.
 */
CUEMU_API CUresult cuemu_enqueue(CUstream stream, std::function<CUresult()>* operation, const char* name);

/**
 * As cuemu_enqueue, for what other processes wait for: also in lazy mode it starts by itself after
 * a moment.
 */
CUEMU_API CUresult cuemu_enqueue_progressing(CUstream stream, std::function<CUresult()>* operation,
                                             const char* name);

/** Where the bytes of a device address lie; other addresses come back unchanged. */
CUEMU_API void* cuemu_storage(CUdeviceptr address);

/**
 * Whether the address is inside live device memory; `left` is then the number of bytes from it to
 * the end of its block.
 */
CUEMU_API int cuemu_is_device(const void* address, size_t* left);

/** Whether the current device has the free memory that a library needs (CUEMU_LIBRARY_MEMORY). */
CUEMU_API int cuemu_has_room();

/** Runs what a stream holds. */
CUEMU_API CUresult cuemu_synchronize(CUstream stream);

/** Number of operations that wait in all streams. */
CUEMU_API int cuemu_pending();

/** What went wrong last, in words. */
CUEMU_API const char* cuemu_last_error();

/** Counters as JSON; answers the length that the text needs, without its final zero. */
CUEMU_API size_t cuemuCounters(char* text, size_t size);

/**
 * Changes the emulator at run time: lines or words as `fail=alloc:3`, `mode=lazy` (see README.md).
 * Answers 0, or 1 for an unknown word.
 */
CUEMU_API int cuemuControl(const char* words);
