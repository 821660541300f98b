// Programs: expressions of elements, computed a block at a time by the elementwise kernels. What is
// between the kernels stays in the first-level cache, so that memory is read and written once.

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "addon.hpp"
#include "arrays.hpp"
#include "elementwise.hpp"

namespace lops {
namespace {

/** The kinds of instructions in src/cpu/native-programs.ts. */
enum class Kind : int { array, scalar, constant, index, size, cast, unary, binary, where };

struct Step {
  Kind kind;
  DType dtype;
  /** The input of an array or a scalar, or the operation of a function. */
  int which;
  /** The values that are read. */
  std::size_t operands[3];
  double constant[2];
  /** The same for all elements, and computed before the blocks. */
  bool isUniform;
  /** A uniform value that is needed for each element of a block. */
  bool isSpread;
  std::size_t slot;
};

/** The elements that are computed at a time. */
constexpr std::size_t block = 512;
/** Not a multiple of a page, so that slots begin in different sets of the cache. */
constexpr std::size_t slotBytes = block * 16 + 256;

/** The number of operands. */
std::size_t operandsOf(Kind kind) {
  switch (kind) {
    case Kind::cast:
    case Kind::unary: return 1;
    case Kind::binary: return 2;
    case Kind::where: return 3;
    default: return 0;
  }
}

/** Writes a number as an element. */
void writeNumber(DType dtype, double re, double im, void* y) {
  const double pair[2] = {re, im};
  castOf(isComplex(dtype) ? DType::complex128 : DType::float64, dtype, 1, pair, y);
}

/** Where the elements of a call are. */
struct Call {
  double start, size;
  /** Pairs, of the inputs that are scalars. */
  const double* scalars;
  std::vector<const char*> inputs;
  std::vector<char*> outputs;
};

class Plan {
 public:
  /** The packed program, as the addon's `prepareProgram` describes it. */
  explicit Plan(Packed packed) {
    const std::size_t values = packed.size(), outputs = packed.size();
    inputs_ = packed.size();
    for (std::size_t k = 0; k < values; k++) addStep(packed, k);
    for (std::size_t k = 0; k < outputs; k++) {
      outputs_.push_back(packed.size());
      if (outputs_.back() >= values) refuse();
      if (steps_[outputs_.back()].kind == Kind::array) outputs_.back() = addCopy(outputs_.back());
      Step& step = steps_[outputs_.back()];
      step.isSpread = step.isUniform;
    }
    for (const Step& step : steps_) stepsOfBlocks_ += step.kind == Kind::array || step.isUniform ? 0 : 1;
    assignSlots();
    memory_.reset(new char[slots_ * slotBytes + 64]());
  }

  std::size_t inputs() const { return inputs_; }
  std::size_t outputs() const { return outputs_.size(); }
  DType outputType(std::size_t k) const { return steps_[outputs_[k]].dtype; }
  /** The bytes of an element of an input that is an array; 0 for scalars. */
  std::size_t inputBytes(std::size_t input) const {
    for (const Step& step : steps_)
      if (step.kind == Kind::array && static_cast<std::size_t>(step.which) == input)
        return bytesOf(step.dtype);
    return 0;
  }

  /** Whether there are kernels of all instructions. */
  bool isSupported() {
    const std::vector<double> scalars(2 * inputs_);
    alignas(16) const char zeros[16] = {};
    const Call call = {0, 1, scalars.data(), std::vector<const char*>(inputs_, zeros), {}};
    return compute(call, true, 0, 1) && compute(call, false, 0, 1);
  }

  void run(std::size_t n, const Call& call) {
    compute(call, true, 0, 1);
    for (const Step& step : steps_)
      if (step.isSpread) spread(step, std::min(n, block));
    // Outputs that are inputs are in the caches already
    std::vector<bool> past;
    for (std::size_t k = 0; k < outputs(); k++) {
      const bool isInput =
          std::find(call.inputs.begin(), call.inputs.end(), call.outputs[k]) != call.inputs.end();
      past.push_back(!isInput && n * bytesOf(outputType(k)) >= streamBytes);
    }
    for (std::size_t first = 0; first < n; first += block) {
      const std::size_t m = std::min(block, n - first);
      compute(call, false, first, m, std::min(block, n - first - m));
      for (std::size_t k = 0; k < outputs(); k++) {
        const std::size_t size = bytesOf(outputType(k));
        const auto copy = past[k] ? loops().copyPast : loops().copy;
        copy(m * size, at(call, outputs_[k], first), call.outputs[k] + first * size);
      }
    }
    if (std::find(past.begin(), past.end(), true) != past.end()) streamFence();
  }

 private:
  [[noreturn]] static void refuse() {
    throw Error("ERR_ARGUMENT", "native prepareProgram: expected values that come before their use");
  }

  void addStep(Packed& packed, std::size_t k) {
    Step step = {};
    step.kind = static_cast<Kind>(packed.size());
    step.dtype = static_cast<DType>(packed.size());
    step.which = static_cast<int>(packed.size());
    const std::size_t count = operandsOf(step.kind);
    if ((step.kind == Kind::array || step.kind == Kind::scalar) &&
        static_cast<std::size_t>(step.which) >= inputs_)
      refuse();
    if (step.kind == Kind::constant) {
      for (double& part : step.constant) part = packed.number();
    } else {
      for (std::size_t j = 0; j < count; j++) {
        step.operands[j] = packed.size();
        if (step.operands[j] >= k) refuse();
      }
    }
    step.isUniform = step.kind != Kind::array && step.kind != Kind::index;
    for (std::size_t j = 0; j < count; j++)
      step.isUniform = step.isUniform && steps_[step.operands[j]].isUniform;
    if (step.kind == Kind::where && !step.isUniform) {
      Step& condition = steps_[step.operands[0]];
      condition.isSpread = condition.isUniform;
    }
    steps_.push_back(step);
  }

  /** A copy of an input that is an output, as another output may overwrite it. */
  std::size_t addCopy(std::size_t value) {
    Step step = {};
    step.kind = Kind::cast;
    step.dtype = steps_[value].dtype;
    step.operands[0] = value;
    steps_.push_back(step);
    return steps_.size() - 1;
  }

  /** Values that are not needed any more leave their slots to later ones. */
  void assignSlots() {
    std::vector<std::size_t> lastUse(steps_.size(), 0);
    for (std::size_t k = 0; k < steps_.size(); k++)
      for (std::size_t j = 0; j < operandsOf(steps_[k].kind); j++) lastUse[steps_[k].operands[j]] = k;
    for (const std::size_t k : outputs_) lastUse[k] = steps_.size();
    std::vector<std::size_t> free;
    for (std::size_t k = 0; k < steps_.size(); k++) {
      if (steps_[k].kind == Kind::array) continue;
      if (steps_[k].isUniform) {
        steps_[k].slot = slots_++;
        continue;
      }
      if (free.empty()) free.push_back(slots_++);
      steps_[k].slot = free.back();
      free.pop_back();
      for (std::size_t j = 0; j < operandsOf(steps_[k].kind); j++) {
        const std::size_t operand = steps_[k].operands[j];
        const Step& read = steps_[operand];
        if (read.kind == Kind::array || read.isUniform || lastUse[operand] != k) continue;
        if (std::find(free.begin(), free.end(), read.slot) == free.end()) free.push_back(read.slot);
      }
    }
  }

  char* slot(const Step& step) {
    const std::size_t past = reinterpret_cast<std::uintptr_t>(memory_.get()) % 64;
    return memory_.get() + (64 - past) % 64 + step.slot * slotBytes;
  }

  /** The elements of a value in the block that begins at `first`. */
  const char* at(const Call& call, std::size_t value, std::size_t first) {
    const Step& step = steps_[value];
    if (step.kind != Kind::array) return slot(step);
    return call.inputs[static_cast<std::size_t>(step.which)] + first * bytesOf(step.dtype);
  }

  /** Copies the first element of a slot to the others. */
  void spread(const Step& step, std::size_t n) {
    char* y = slot(step);
    const std::size_t size = bytesOf(step.dtype);
    for (std::size_t i = 1; i < n; i++) std::memcpy(y + i * size, y, size);
  }

  /**
   * Computes the uniform values, or the others of a block, which `next` elements follow. Returns
   * false if there is no kernel.
   */
  bool compute(const Call& call, bool uniform, std::size_t first, std::size_t n, std::size_t next = 0) {
    std::size_t k = 0;
    for (const Step& step : steps_) {
      if (step.isUniform != uniform || step.kind == Kind::array) continue;
      if (next > 0) prefetch(call, first + n, next, k++);
      if (!computeStep(call, step, first, n)) return false;
    }
    return true;
  }

  /**
   * Brings the k-th part of the next elements into the cache while the k-th step of a block
   * computes: otherwise memory would wait for the cores, and the cores for memory.
   */
  void prefetch(const Call& call, std::size_t first, std::size_t n, std::size_t k) {
    constexpr std::size_t line = 64;
    for (const Step& step : steps_) {
      if (step.kind != Kind::array) continue;
      const std::size_t size = bytesOf(step.dtype);
      const char* x = call.inputs[static_cast<std::size_t>(step.which)] + first * size;
      const std::size_t lines = n * size / line;
      const std::size_t end = lines * (k + 1) / stepsOfBlocks_;
      for (std::size_t i = lines * k / stepsOfBlocks_; i < end; i++) __builtin_prefetch(x + i * line, 0, 1);
    }
  }

  bool computeStep(const Call& call, const Step& step, std::size_t first, std::size_t n) {
    char* y = slot(step);
    const auto x = [&](std::size_t j) { return at(call, step.operands[j], first); };
    const auto type = [&](std::size_t j) { return steps_[step.operands[j]].dtype; };
    const auto stride = [&](std::size_t j) -> std::size_t {
      return steps_[step.operands[j]].isUniform ? 0 : 1;
    };
    switch (step.kind) {
      case Kind::array: return true;
      case Kind::scalar: {
        const double* pair = call.scalars + 2 * step.which;
        writeNumber(step.dtype, pair[0], pair[1], y);
        return true;
      }
      case Kind::constant: writeNumber(step.dtype, step.constant[0], step.constant[1], y); return true;
      case Kind::size: writeNumber(step.dtype, call.size, 0, y); return true;
      case Kind::index: {
        if (step.dtype != DType::int32) return false;
        const std::int64_t start = static_cast<std::int64_t>(call.start) + static_cast<std::int64_t>(first);
        std::int32_t* places = reinterpret_cast<std::int32_t*>(y);
        for (std::size_t i = 0; i < n; i++)
          places[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(start + std::int64_t(i)));
        return true;
      }
      case Kind::cast: castOf(type(0), step.dtype, n, x(0), y); return true;
      case Kind::unary: return unaryOf(static_cast<Unary>(step.which), type(0), n, x(0), y);
      case Kind::binary:
        return binaryOf(static_cast<Binary>(step.which), type(0), n, x(0), stride(0), x(1), stride(1), y);
      case Kind::where:
        whereOf(step.dtype, n, reinterpret_cast<const Flag*>(x(0)), x(1), stride(1), x(2), stride(2), y);
        return true;
    }
    return false;
  }

  std::size_t inputs_ = 0;
  std::vector<Step> steps_;
  std::vector<std::size_t> outputs_;
  std::size_t stepsOfBlocks_ = 0;
  std::size_t slots_ = 0;
  std::unique_ptr<char[]> memory_;
};

/**
 * prepareProgram(spec) with spec packed as [values, outputs, inputs, and for each value: kind,
 * dtype, input or operation, and its operands (a constant: re, im); positions of the outputs]. The
 * result is the first argument of `program`, or undefined if an operation has no kernel.
 */
napi_value prepareProgram(const Args<1>& args) {
  auto plan = std::make_unique<Plan>(Packed(args.bytes(0)));
  if (!plan->isSupported()) return args.Env().Undefined();
  const auto object =
      Napi::External<Plan>::New(args.Env(), plan.get(), [](Napi::Env, Plan* held) { delete held; });
  plan.release();
  return object;
}

/**
 * program(prepared, n, start, size, scalars, inputs, offsets, outputs, offsets): scalars are pairs,
 * one for each input; inputs that are scalars have no array
 */
void program(const Args<9>& args) {
  void* prepared = nullptr;
  if (napi_get_value_external(args.Env(), args[0], &prepared) != napi_ok)
    throw Error("ERR_ARGUMENT", "native program: expected a prepared program");
  Plan& plan = *static_cast<Plan*>(prepared);
  const std::size_t n = args.size(1);
  Call call = {args.number(2), args.number(3), nullptr, {}, {}};
  call.scalars = reinterpret_cast<const double*>(
      slice(args.bytes(4), 0, product(plan.inputs(), 2, sizeof(double))).data);
  const auto array = [&](std::size_t list, std::size_t k, std::size_t size) {
    const std::uint32_t position = static_cast<std::uint32_t>(k);
    const Napi::Array arrays(args.Env(), args[list]), offsets(args.Env(), args[list + 1]);
    const double first = offsets.Get(position).As<Napi::Number>();
    if (!isSize(first)) throw Error("ERR_ARGUMENT", "native program: expected offsets of at least 0");
    return reinterpret_cast<char*>(spanOf(args.Env(), arrays.Get(position),
                                          product(static_cast<std::size_t>(first), size), product(n, size))
                                       .data);
  };
  for (std::size_t k = 0; k < plan.inputs(); k++) {
    const std::size_t size = plan.inputBytes(k);
    call.inputs.push_back(size == 0 ? nullptr : array(5, k, size));
  }
  for (std::size_t k = 0; k < plan.outputs(); k++)
    call.outputs.push_back(array(7, k, bytesOf(plan.outputType(k))));
  plan.run(n, call);
}

}  // namespace

void exportProgram(Napi::Object exports) {
  expose<prepareProgram>(exports, "prepareProgram");
  expose<program>(exports, "program");
}

}  // namespace lops
