// The parts of the addon: each adds functions to its exports, and methods to the class of contexts.
#pragma once

#include "context.hpp"

namespace lops::cuda {

using ContextMethods = Holder<Context>::Methods;

void addMemory(Napi::Object exports, ContextMethods& methods);
void addModules(Napi::Env env, ContextMethods& methods);
void addBlas(ContextMethods& methods);
void addFourier(Napi::Env env, ContextMethods& methods);
void addNccl(Napi::Object exports, ContextMethods& methods);
/** Last: makes the class of contexts, of all methods. */
void addContext(Napi::Object exports, ContextMethods& methods);

}  // namespace lops::cuda
