// JavaScript classes whose objects hold C++ objects.
#pragma once

#include <napi.h>

#include <memory>
#include <typeindex>
#include <utility>
#include <vector>

#include "../common/functions.hpp"

namespace lops::cuda {

/** Marks the externals through which `make` passes C++ objects to constructors. */
constexpr napi_type_tag HELD = {0x6c6f70735f637564, 1};

/**
 * The class of objects that hold a T. The destructor of T may run during garbage collection, so it
 * must not call JavaScript.
 */
template <typename T>
class Holder : public Napi::ObjectWrap<Holder<T>> {
 public:
  using Methods = std::vector<typename Napi::ObjectWrap<Holder<T>>::PropertyDescriptor>;

  explicit Holder(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Holder<T>>(info) {
    const auto held = info[0].As<Napi::External<std::shared_ptr<T>>>();
    if (!held.IsExternal() || !held.CheckTypeTag(&HELD))
      throw Napi::TypeError::New(info.Env(), "native call: this class makes its objects itself");
    held_ = std::move(*held.Data());
  }

  static void define(Napi::Env env, const char* name, const Methods& methods) {
    classesOf(env).holders[typeid(T)] = Napi::Persistent(Holder::DefineClass(env, name, methods));
  }
  /** A new object of the class. */
  static Napi::Object make(Napi::Env env, std::shared_ptr<T> held) {
    const auto external = Napi::External<std::shared_ptr<T>>::New(env, &held);
    external.TypeTag(&HELD);
    return classesOf(env).holders[typeid(T)].New({external});
  }
  static T& of(Napi::Env env, napi_value object) { return *Holder::Unwrap(Napi::Object(env, object))->held_; }

 private:
  std::shared_ptr<T> held_;
};

template <typename Result, typename T, typename Arguments>
std::pair<T*, Arguments*> partsOf(Result (*)(T&, const Arguments&));

/**
 * A method. Its arguments are the C++ object, and a Napi::CallbackInfo or an Args<N>. The class of
 * `this` is not checked, because every call would pay for it and only src/gpu/cuda has the objects.
 */
template <auto F>
auto method(const char* name) {
  using Parts = decltype(partsOf(F));
  using T = std::remove_pointer_t<typename Parts::first_type>;
  using Arguments = std::remove_pointer_t<typename Parts::second_type>;
  const auto call = [](napi_env env, napi_callback_info info) {
    return guarded(env, [&] {
      const Arguments args(env, info);
      return F(Holder<T>::of(env, args.This()), args);
    });
  };
  return typename Holder<T>::PropertyDescriptor(
      {name, nullptr, call, nullptr, nullptr, nullptr, napi_default_method, nullptr});
}

}  // namespace lops::cuda
