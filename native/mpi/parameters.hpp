// The parameters of MPI's calls. A function states them once, by the types of its own parameters.
// Both the unpacking of JavaScript's arguments and the export `parameters` follow from these types.
#pragma once

#include <string>
#include <utility>

#include "../common/args.hpp"
#include "comm.hpp"
#include "types.hpp"
#include "watchdog.hpp"

namespace lops::mpi {

/** The unpacking of a parameter of type T, from as many arguments as it has names. */
template <typename T>
struct Parameter {
  static constexpr const char* names = T::names;
  template <typename A>
  static T take(const A& args, std::size_t i) {
    return T::take(args, i);
  }
};
template <>
struct Parameter<const Comm&> {
  static constexpr const char* names = "comm";
  template <typename A>
  static const Comm& take(const A& args, std::size_t i) {
    return commOf(args.int32(i));
  }
};
/** The number of elements. */
template <>
struct Parameter<std::size_t> {
  static constexpr const char* names = "count";
  template <typename A>
  static std::size_t take(const A& args, std::size_t i) {
    return args.size(i);
  }
};
template <>
struct Parameter<DType> {
  static constexpr const char* names = "dtype";
  template <typename A>
  static DType take(const A& args, std::size_t i) {
    return args.dtype(i);
  }
};

template <typename T>
struct Integer {
  std::int32_t value;
  operator std::int32_t() const { return value; }
  template <typename A>
  static T take(const A& args, std::size_t i) {
    return {{args.int32(i)}};
  }
};
struct CommHandle : Integer<CommHandle> {
  static constexpr const char* names = "comm";
};
struct RequestHandle : Integer<RequestHandle> {
  static constexpr const char* names = "request";
};
struct Op : Integer<Op> {
  static constexpr const char* names = "op";
};
struct Root : Integer<Root> {
  static constexpr const char* names = "root";
};
struct To : Integer<To> {
  static constexpr const char* names = "to";
};
/** −1 means any rank. */
struct From : Integer<From> {
  static constexpr const char* names = "from";
};
struct Tag : Integer<Tag> {
  static constexpr const char* names = "tag";
};
/** −1 means no colour. */
struct Color : Integer<Color> {
  static constexpr const char* names = "color";
};
struct Key : Integer<Key> {
  static constexpr const char* names = "key";
};
struct Reorder : Integer<Reorder> {
  static constexpr const char* names = "reorder";
  template <typename A>
  static Reorder take(const A& args, std::size_t i) {
    return {{args.boolean(i) ? 1 : 0}};
  }
};

/** The numbers of a typed array. */
template <typename T, typename Number>
struct Numbers {
  const Number* data;
  std::size_t length;
  template <typename A>
  static T take(const A& args, std::size_t i) {
    const Bytes bytes = args.bytes(i);
    return {{reinterpret_cast<const Number*>(bytes.data), bytes.length / sizeof(Number)}};
  }
};
struct Dims : Numbers<Dims, int> {
  static constexpr const char* names = "dims";
};
struct Periodic : Numbers<Periodic, int> {
  static constexpr const char* names = "periodic";
};
/** A count per rank. */
struct Counts : Numbers<Counts, double> {
  static constexpr const char* names = "counts";
};
struct SendCounts : Numbers<SendCounts, double> {
  static constexpr const char* names = "sendCounts";
};
struct RecvCounts : Numbers<RecvCounts, double> {
  static constexpr const char* names = "recvCounts";
};

/** A buffer and a byte offset, an address of device memory, or undefined. */
struct Memory {
  static constexpr const char* names = "memory offset";
  napi_env env;
  napi_value buffer;
  std::size_t offset;
  napi_valuetype kind;
  std::uint8_t* address;

  template <typename A>
  static Memory take(const A& args, std::size_t i) {
    const napi_valuetype kind = args.type(i);
    return {args.Env(), args[i], args.size(i + 1), kind,
            kind == napi_bigint ? static_cast<std::uint8_t*>(args.address(i)) : nullptr};
  }
  bool isOnDevice() const { return kind == napi_bigint; }
  /** The address of `count` elements. Null only for undefined. */
  std::uint8_t* of(std::size_t count, DType dtype) const {
    static std::uint8_t empty[16];
    if (kind == napi_undefined || kind == napi_bigint) return address;
    std::uint8_t* data = spanOf(env, buffer, offset, product(count, bytesOf(dtype))).data;
    return data != nullptr ? data : empty;
  }
};

/** The elements of a message: their memory, number and dtype. */
struct Message {
  static constexpr const char* names = "memory offset count dtype";
  std::uint8_t* data;
  std::size_t bytes;
  Elements elements;

  template <typename A>
  static Message take(const A& args, std::size_t i) {
    const std::size_t count = args.size(i + 2);
    const DType dtype = args.dtype(i + 3);
    return {Memory::take(args, i).of(count, dtype), count * bytesOf(dtype), Elements(dtype, count)};
  }
};

constexpr std::size_t widthOf(const char* names) {
  std::size_t width = 1;
  for (; *names != '\0'; names++) width += *names == ' ' ? 1 : 0;
  return width;
}
/** The index of the first argument of parameter k. */
template <typename... P>
constexpr std::size_t startOf(std::size_t k) {
  const std::size_t widths[] = {widthOf(Parameter<P>::names)...};
  std::size_t start = 0;
  for (std::size_t i = 0; i < k; i++) start += widths[i];
  return start;
}

template <auto F>
struct Call;
template <typename Result, typename... P, Result (*F)(P...)>
struct Call<F> {
  using Arguments = Args<startOf<P...>(sizeof...(P))>;
  template <std::size_t... K>
  static Result unpack(const Arguments& args, std::index_sequence<K...>) {
    return F(Parameter<P>::take(args, startOf<P...>(K))...);
  }
  static Result run(const Arguments& args) { return unpack(args, std::index_sequence_for<P...>()); }
  static inline const char* name = "";
  static Result runNoted(const Arguments& args) {
    const InCall call(name);
    return run(args);
  }
  static std::string names() {
    std::string all;
    for (const char* names : {Parameter<P>::names...}) all += (all.empty() ? "" : " ") + std::string(names);
    return all;
  }
};

/**
 * Exports a call, and adds the names of its arguments to `parameters`. `Noted` is false for calls
 * that never wait: reports on ranks that wait do not name them.
 */
template <auto F, bool Noted = true>
void exposeCall(Napi::Object exports, const char* name) {
  Call<F>::name = name;
  expose<Noted ? Call<F>::runNoted : Call<F>::run>(exports, name);
  exports.Get("parameters").As<Napi::Object>().Set(name, Call<F>::names());
}

}  // namespace lops::mpi
