// The table of the level that is compiled.

namespace lops {
namespace LOPS_LEVEL {

template <typename T>
FloatLoops<T> floatLoops() {
  return {
      fill<T>,         scale<T>,      axpby<T>,         combine<T>,    combineComplex<T>,   unary<T>,
      unaryComplex<T>, binary<T>,     binaryComplex<T>, threshold<T>,  thresholdComplex<T>, dot<T>,
      dotComplex<T>,   sum<T>,        sumComplex<T>,    sumAbs<T>,     sumSquares<T>,       maxAbs<T>,
      minAbs<T>,       accumulate<T>, terms<T>,         taps<T>,       columns<T>,          Simd<T>::width,
      fourier<T>,      thinWork<T>,   thin<T>,          runningSums<T>};
}

template <typename T>
OrderedLoops<T> orderedLoops() {
  return {extreme, extremes<T>, positions<T>, position<T>, product<T>, countNonzero<T>, choose<T>};
}

template <typename T>
IntegerLoops<T> integerLoops() {
  return {unaryInteger<T>,      binaryInteger<T>,      sumOfIntegers<T>,       addIntegers<T>,
          toIntegers<float, T>, toIntegers<double, T>, fromIntegers<T, float>, fromIntegers<T, double>};
}

const Loops& table() {
  static const Loops loops = {LOPS_LEVEL_NAME,
                              copyBytes,
                              copyPast,
                              transpose<float>,
                              transpose<double>,
                              floatLoops<float>(),
                              floatLoops<double>(),
                              orderedLoops<float>(),
                              orderedLoops<double>(),
                              orderedLoops<std::int32_t>(),
                              orderedLoops<Flag>(),
                              integerLoops<std::int32_t>(),
                              integerLoops<Flag>(),
                              LOPS_VECTOR_BYTES >= 32,
                              sortIntegers<std::int32_t>,
                              sortIntegers<std::int64_t>,
                              keep<std::int32_t>,
                              keep<std::int64_t>,
                              randomNumbers};
  return loops;
}

}  // namespace LOPS_LEVEL
}  // namespace lops
