// The parts of the addon. Each adds functions to its exports, and methods to the class of contexts.
#pragma once

#include "context.hpp"

namespace lops::cuda {

using ContextMethods = Holder<Context>::Methods;

void addMemory(Napi::Object exports, ContextMethods& methods);
void addModules(Napi::Env env, ContextMethods& methods);
void addBlas(ContextMethods& methods);
void addSolver(ContextMethods& methods);
void addFourier(Napi::Env env, ContextMethods& methods);
void addNccl(Napi::Object exports, ContextMethods& methods);
/** Makes the class of contexts from all methods. It must be called last. */
void addContext(Napi::Object exports, ContextMethods& methods);

}  // namespace lops::cuda
