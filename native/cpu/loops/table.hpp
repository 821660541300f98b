// The table of the level that is compiled.

namespace lops {
namespace LOPS_LEVEL {

template <typename T>
FloatLoops<T> floatLoops() {
  return {fill<T>,         scale<T>,      axpby<T>,         combine<T>,   combineComplex<T>,   unary<T>,
          unaryComplex<T>, binary<T>,     binaryComplex<T>, threshold<T>, thresholdComplex<T>, dot<T>,
          dotComplex<T>,   sum<T>,        sumComplex<T>,    sumAbs<T>,    sumSquares<T>,       maxAbs<T>,
          minAbs<T>,       accumulate<T>, terms<T>,         taps<T>,      columns<T>};
}

const Loops& table() {
  static const Loops loops = {LOPS_LEVEL_NAME, copyBytes, floatLoops<float>(), floatLoops<double>()};
  return loops;
}

}  // namespace LOPS_LEVEL
}  // namespace lops
