// Random numbers.

#include "addon.hpp"
#include "arrays.hpp"
#include "loops.hpp"

namespace lops {
namespace {

/** A number, or an array in arguments i … i + 2: value, array, first element. */
template <std::size_t N>
RandomParameter parameterAt(const Args<N>& args, std::size_t i, bool isDouble, std::size_t n) {
  if (args.isUndefined(i + 1)) return {args.number(i), nullptr, nullptr};
  if (isDouble) return {0, nullptr, lanesAt<double>(args, i + 1, n, 1)};
  return {0, lanesAt<float>(args, i + 1, n, 1), nullptr};
}

/**
 * random(dtype, [distribution, key low, key high, draw, start, axes, shape, strides, whether the
 * parameters are of double precision], size, y, yo, a, a array, ao, b, b array, bo)
 */
void random(const Args<11>& args) {
  const DType dtype = args.dtype(0);
  Packed packed(args.bytes(1));
  RandomCall call;
  const std::size_t distribution = packed.size();
  if (distribution > static_cast<std::size_t>(Distribution::poisson))
    throw Error("ERR_ARGUMENT", "native call: expected a distribution");
  call.distribution = static_cast<Distribution>(distribution);
  call.keyLow = static_cast<std::uint32_t>(packed.size());
  call.keyHigh = static_cast<std::uint32_t>(packed.size());
  call.draw = static_cast<std::uint32_t>(packed.size());
  call.start = packed.size();
  call.axes = packed.size();
  call.shape = packed.take(call.axes);
  call.strides = packed.take(call.axes);
  const bool doubles[2] = {packed.number() != 0, packed.number() != 0};
  const std::size_t n = args.size(2);
  std::size_t elements = 1;
  for (std::size_t k = 0; k < call.axes; k++)
    elements = product(elements, static_cast<std::size_t>(call.shape[k]));
  if (elements > n) throw Error("ERR_ARGUMENT", "native call: more random numbers than elements");
  call.dtype = dtype;
  call.lanes = lanesOf(dtype);
  call.y = slice(args.bytes(3), product(args.size(4), bytesOf(dtype)), product(n, bytesOf(dtype))).data;
  call.parameters[0] = parameterAt(args, 5, doubles[0], n);
  call.parameters[1] = parameterAt(args, 8, doubles[1], n);
  loops().random(call);
}

}  // namespace

void exportRandom(Napi::Object exports) { expose<random>(exports, "random"); }

}  // namespace lops
