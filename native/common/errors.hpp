// Errors that pass from C++ to JavaScript. At the boundary of a call, a C++ exception becomes a
// JavaScript error.
#pragma once

#include <napi.h>

#include <exception>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <typeindex>
#include <utility>

namespace lops {

/** An error of the addon. `code` is one of the codes of src/core/base/errors.ts. */
class Error : public std::runtime_error {
 public:
  Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }
  /** Adds properties to the JavaScript error. */
  virtual void describe(Napi::Object) const {}

 private:
  std::string code_;
};

/** The classes of this addon in one JavaScript environment. */
struct AddonClasses {
  Napi::FunctionReference error;
  /** The classes of objects that hold C++ objects, by the C++ type. */
  std::map<std::type_index, Napi::FunctionReference> holders;
};
inline AddonClasses& classesOf(Napi::Env env) {
  auto* classes = env.GetInstanceData<AddonClasses>();
  if (classes == nullptr) env.SetInstanceData(classes = new AddonClasses);
  return *classes;
}

/**
 * setErrorClass(class): sets the class of the errors of this addon. They have the code of the
 * class. Without a class they are of class Error, with the C++ error's code in the property `code`.
 */
inline void setErrorClass(const Napi::CallbackInfo& info) {
  classesOf(info.Env()).error = Napi::Persistent(info[0].As<Napi::Function>());
}

/** The JavaScript error for a C++ exception. */
inline Napi::Error toJs(Napi::Env env, const std::exception& exception) {
  const auto* error = dynamic_cast<const Error*>(&exception);
  const bool isFull = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr;
  const char* message = isFull ? "out of host memory in native code" : exception.what();
  const Napi::FunctionReference& errorClass = classesOf(env).error;
  if (errorClass.IsEmpty()) {
    Napi::Error plain = Napi::Error::New(env, message);
    plain.Set("code", error != nullptr ? error->code() : "ERR_BACKEND");
    return plain;
  }
  const Napi::Object own = errorClass.New({Napi::String::New(env, message)});
  if (error != nullptr) error->describe(own);
  return Napi::Error(env, own);
}

}  // namespace lops
