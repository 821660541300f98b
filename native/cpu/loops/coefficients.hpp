// Coefficients of functions.hpp for the two precisions.
//
// Polynomials are interpolated at the Chebyshev nodes of their interval with 50 digits and rounded.

#if LOPS_VECTOR_BYTES > 16 || defined(__aarch64__)

namespace lops {
namespace LOPS_LEVEL {

/** The bits of a number. */
template <typename T>
struct Format;
template <>
struct Format<double> {
  typedef std::int64_t Int;
  static constexpr int fractionBits = 52;
  static constexpr Int signBit = std::numeric_limits<Int>::min();
  static constexpr Int fraction = 0xfffffffffffff, one = 0x3ff0000000000000;
  /** 0.6875 */
  static constexpr Int logarithmStart = 0x3fe6000000000000;
  static constexpr int bias = 1023;
  /** 2⁵² and its bits, to which whole numbers below are added */
  static constexpr double whole = 0x1p52;
  static constexpr Int wholeBits = 0x4330000000000000;
};
template <>
struct Format<float> {
  typedef std::int32_t Int;
  static constexpr int fractionBits = 23;
  static constexpr Int signBit = std::numeric_limits<Int>::min();
  static constexpr Int fraction = 0x7fffff, one = 0x3f800000;
  static constexpr Int logarithmStart = 0x3f300000;
  static constexpr int bias = 127;
  static constexpr float whole = 0x1p23f;
  static constexpr Int wholeBits = 0x4b000000;
};

template <typename T>
struct Coefficients;
template <>
struct Coefficients<double> {
  /** π/2 in three parts */
  static constexpr double HALF_PI[3] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};
  static constexpr double TWO_OVER_PI = 0.636619772367581343076;
  /** (sin √u / √u − 1) / u and (cos √u − 1) / u, u ≤ (π/4)² */
  static constexpr double SINE[7] = {-0.16666666666666666,
                                     0.008333333333330936,
                                     -0.00019841269836740532,
                                     2.7557316093198404e-06,
                                     -2.5051129896450185e-08,
                                     1.5917988979397435e-10,
                                     0};
  static constexpr double COSINE[7] = {-0.5,
                                       0.04166666666666664,
                                       -0.0013888888888880734,
                                       2.480158729366189e-05,
                                       -2.7557315555381283e-07,
                                       2.0875885001628906e-09,
                                       -1.136789634714201e-11};
  /** (tan √u / √u − 1) / u, u ≤ (π/4)² */
  static constexpr double TANGENT[] = {
      0.3333333333333333,     0.13333333333332995,     0.05396825396866166,   0.02186948851679944,
      0.008863236009826123,   0.0035921208933150546,   0.0014559035141199599, 0.0005895709473878464,
      0.00024124581146815736, 8.992810538417747e-05,   5.570513225199242e-05, -1.1178698604230568e-05,
      3.6667839838271254e-05, -1.8397236604839586e-05, 8.50305819438571e-06};
  /** The tangents of π/8 and 3π/8 */
  static constexpr double TAN_EIGHTH[2] = {0.4142135623730950488, 2.414213562373095};
  /** (arctan √u / √u − 1) / u, √u ≤ tan(π/8) */
  static constexpr double ARCTANGENT[] = {-0.3333333333333333,  0.1999999999999548,   -0.14285714284657894,
                                          0.11111111014561013,  -0.09090904549884611, 0.07692182535116648,
                                          -0.06664502215671447, 0.058580687568615106, -0.05085030492810941,
                                          0.03921955253255129,  -0.019162068915902577};
  /** (arcsin √u / √u − 1) / u, u ≤ 1/4 */
  static constexpr double ARCSINE[] = {0.16666666666666669,  0.07499999999998415,  0.04464285714639142,
                                       0.03038194413563282,  0.022372173062100795, 0.01735238980570733,
                                       0.013971257700218363, 0.011478727335132069, 0.010325825844686153,
                                       0.005444236358400044, 0.01743786618606299,  -0.014910967384172082,
                                       0.028799050522138873};
  static constexpr double LOG2_E[2] = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
  /** The products of the first part with exponents are exact. */
  static constexpr double LN_2[2] = {0x1.62e42fefa3800p-1, 0x1.ef35793c76730p-45};
  static constexpr double LN_2_ROUNDED[2] = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
  /** (exp r − 1 − r) / r², |r| ≤ ln 2 / 2 */
  static constexpr double EXPONENTIAL[] = {
      0.5000000000000001,     0.16666666666666669,    0.041666666666623824,   0.008333333333330039,
      0.0013888888917367081,  0.00019841269863171557, 2.4801521057868204e-05, 2.7557268276905696e-06,
      2.7620201591031547e-07, 2.5100472505694996e-08};
  /** (cosh √u − 1) / u and (sinh √u / √u − 1) / u, √u ≤ ln 2 / 2 */
  static constexpr double HYPERBOLIC_COSINE[] = {0.5000000000000001, 0.041666666666623824,
                                                 0.0013888888917367081, 2.4801521057868204e-05,
                                                 2.7620201591031547e-07};
  static constexpr double HYPERBOLIC_SINE[] = {0.16666666666666669, 0.008333333333330039,
                                               0.00019841269863171557, 2.7557268276905696e-06,
                                               2.5100472505694996e-08};
  /** (tanh √u / √u − 1) / u, √u ≤ 0.625 */
  static constexpr double HYPERBOLIC_TANGENT[] = {
      -0.3333333333333332,     0.13333333333326658,   -0.05396825396139557,  0.021869488260559115,
      -0.008863229830925709,   0.0035920589774734554, -0.001455309297534642, 0.0005874372860094381,
      -0.00023077616269519857, 7.959955735264808e-05, -1.724487449484433e-05};
  /** (ln(1 + r) − r) / r², −1/32 ≤ r ≤ 1/16 */
  static constexpr double LOGARITHM[] = {-0.5,
                                         0.3333333333333332,
                                         -0.2500000000002249,
                                         0.20000000000270682,
                                         -0.16666666583404743,
                                         0.14285712854816063,
                                         -0.12500095886523435,
                                         0.1111341252008678,
                                         -0.09974228916663819,
                                         0.07997720132597354};
  static constexpr double LOG10_E[2] = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};
  /**
   * Of each of 16 intervals of [0.6875, 1.375): c near the reciprocals; −ln c and −log₂ c in two
   * parts.
   */
  alignas(64) static constexpr double LOG_RECIPROCAL[16] = {
      1.421875,   1.36328125, 1.3046875, 1.25390625, 1.20703125, 1.1640625, 1.12109375, 1.0859375,
      1.05078125, 1.0,        1.0,       0.9140625,  0.86328125, 0.8203125, 0.78125,    0.74609375};
  alignas(64) static constexpr double LN_HIGH[16] = {-0x1.686c81e9b1000p-2,
                                                     -0x1.3d54fa5c1f000p-2,
                                                     -0x1.1058bf9ae5000p-2,
                                                     -0x1.cf6354e09c000p-3,
                                                     -0x1.815c0a1436000p-3,
                                                     -0x1.371fc201e8000p-3,
                                                     -0x1.d4313d66cc000p-4,
                                                     -0x1.51b073f060000p-4,
                                                     -0x1.95c830ec90000p-5,
                                                     0,
                                                     0,
                                                     0x1.700d30aeac000p-4,
                                                     0x1.2d1610c868000p-3,
                                                     0x1.95a5adcf70000p-3,
                                                     0x1.f991c6cb3c000p-3,
                                                     0x1.2bef07cdc9000p-2};
  alignas(64) static constexpr double LN_LOW[16] = {-0x1.2bb110af84054p-44,
                                                    -0x1.c3e1cd9a395e3p-44,
                                                    0x1.4ab9d817d52cdp-44,
                                                    -0x1.771239a07d55bp-45,
                                                    0x1.02a52f9201ce8p-44,
                                                    -0x1.ee8779b2d8abcp-44,
                                                    0x1.9454379135713p-45,
                                                    -0x1.83f69278e686ap-44,
                                                    0x1.c148297c5feb8p-45,
                                                    0,
                                                    0,
                                                    0x1.c1e8da99ded32p-49,
                                                    0x1.39d6ccb81b4a1p-47,
                                                    0x1.7f22858a0ff6fp-47,
                                                    -0x1.90d04cd7cc834p-44,
                                                    0x1.a9cfa4a5004f4p-45};
  alignas(64) static constexpr double LOG2_HIGH[16] = {-0x1.03fda8b979800p-1,
                                                       -0x1.c9d02f6ca4000p-2,
                                                       -0x1.88e9c72e0b000p-2,
                                                       -0x1.4e43880e90000p-2,
                                                       -0x1.15fa676bb1000p-2,
                                                       -0x1.c0db6cdd94000p-3,
                                                       -0x1.51bab907a6000p-3,
                                                       -0x1.e72ec117fc000p-4,
                                                       -0x1.24b5b7e134000p-4,
                                                       0,
                                                       0,
                                                       0x1.097e38ce60000p-3,
                                                       0x1.b2602497d6000p-3,
                                                       0x1.249cd2b13d000p-2,
                                                       0x1.6cb0f6865d000p-2,
                                                       0x1.b0b67f4f47000p-2};
  alignas(64) static constexpr double LOG2_LOW[16] = {-0x1.7f33943464056p-45,
                                                      -0x1.ecf4dff1e8ea2p-44,
                                                      -0x1.12d25b3252647p-45,
                                                      0x1.258110a38f4e9p-44,
                                                      0x1.c029a071eeb10p-44,
                                                      -0x1.bdc81c4db3134p-44,
                                                      0x1.badba7fbb3d20p-46,
                                                      0x1.a4de3424a2624p-44,
                                                      -0x1.a3c89a2cf3516p-44,
                                                      0,
                                                      0,
                                                      0x1.924ae921f7ecap-45,
                                                      -0x1.974e6432d9ee8p-44,
                                                      -0x1.49d97df07e357p-45,
                                                      -0x1.c57f2495fb7fap-44,
                                                      -0x1.fc02bc277071dp-44};
  /** m^(−1/3), 1 ≤ m ≤ 2, with errors of 5e-5, and of 2e-3 in floats */
  static constexpr double CUBE_ROOT[] = {1.6662787377309156, -1.1623973573078166, 0.6846527077322325,
                                         -0.21636185469244387, 0.02778280101858424};
};
template <>
struct Coefficients<float> {
  static constexpr float HALF_PI[3] = {0x1.921fb6p+0f, -0x1.777a5cp-25f, -0x1.ee59dap-50f};
  static constexpr float TWO_OVER_PI = 0.63661975f;
  static constexpr float SINE[] = {-0.16666667f, 0.008333332f, -0.00019840087f, 2.7249926e-06f};
  static constexpr float COSINE[] = {-0.5f, 0.04166665f, -0.0013887589f, 2.4463789e-05f};
  static constexpr float TANGENT[] = {0.33333334f,  0.13333231f,   0.053994466f, 0.021621127f,
                                      0.009962147f, 0.0011853216f, 0.0038431399f};
  static constexpr float TAN_EIGHTH[2] = {0.41421357f, 2.4142137f};
  static constexpr float ARCTANGENT[] = {-0.3333333f, 0.1999954f, -0.14263956f, 0.10743731f, -0.06451928f};
  static constexpr float ARCSINE[] = {0.16666666f,  0.07500094f,  0.044599403f,
                                      0.031100662f, 0.017149238f, 0.033690847f};
  static constexpr float LOG2_E[2] = {0x1.715476p+0f, 0x1.4ae0cp-26f};
  static constexpr float LN_2[2] = {0x1.62e4p-1f, 0x1.7f7d1cp-20f};
  static constexpr float LN_2_ROUNDED[2] = {0x1.62e43p-1f, -0x1.05c61p-29f};
  static constexpr float EXPONENTIAL[] = {0.5f, 0.16666578f, 0.041666556f, 0.008363173f, 0.0013926176f};
  static constexpr float HYPERBOLIC_COSINE[] = {0.5f, 0.041666467f, 0.0013933642f};
  static constexpr float HYPERBOLIC_SINE[] = {0.16666667f, 0.0083333105f, 0.00019890981f};
  static constexpr float HYPERBOLIC_TANGENT[] = {-0.33333328f, 0.1333277f, -0.053850908f, 0.02099718f,
                                                 -0.006096714f};
  static constexpr float LOGARITHM[] = {-0.49999997f, 0.33334178f, -0.25012314f, 0.19021256f};
  static constexpr float LOG10_E[2] = {0x1.bcb7b2p-2f, -0x1.5b235ep-27f};
  alignas(64) static constexpr float LOG_RECIPROCAL[16] = {
      1.421875f,   1.36328125f, 1.3046875f, 1.25390625f, 1.20703125f, 1.1640625f, 1.12109375f, 1.0859375f,
      1.05078125f, 1.0f,        1.0f,       0.9140625f,  0.86328125f, 0.8203125f, 0.78125f,    0.74609375f};
  alignas(64) static constexpr float LN_HIGH[16] = {-0x1.686cp-2f,
                                                    -0x1.3d54p-2f,
                                                    -0x1.1058p-2f,
                                                    -0x1.cf6p-3f,
                                                    -0x1.816p-3f,
                                                    -0x1.372p-3f,
                                                    -0x1.d43p-4f,
                                                    -0x1.51bp-4f,
                                                    -0x1.95cp-5f,
                                                    0,
                                                    0,
                                                    0x1.701p-4f,
                                                    0x1.2d18p-3f,
                                                    0x1.95a8p-3f,
                                                    0x1.f99p-3f,
                                                    0x1.2bfp-2f};
  alignas(64) static constexpr float LN_LOW[16] = {-0x1.03d362p-19f,
                                                   -0x1.f4b83ep-19f,
                                                   -0x1.7f35cap-19f,
                                                   -0x1.aa704ep-18f,
                                                   0x1.faf5e6p-18f,
                                                   0x1.eff0b8p-22f,
                                                   -0x1.3d66ccp-20f,
                                                   -0x1.cfc186p-22f,
                                                   -0x1.061d92p-18f,
                                                   0,
                                                   0,
                                                   -0x1.67a8aap-19f,
                                                   -0x1.ef3798p-19f,
                                                   -0x1.291848p-18f,
                                                   0x1.c6cb3cp-19f,
                                                   -0x1.f0646ep-19f};
  alignas(64) static constexpr float LOG2_HIGH[16] = {-0x1.03fep-1f,
                                                      -0x1.c9dp-2f,
                                                      -0x1.88e8p-2f,
                                                      -0x1.4e44p-2f,
                                                      -0x1.15fcp-2f,
                                                      -0x1.c0d8p-3f,
                                                      -0x1.51b8p-3f,
                                                      -0x1.e73p-4f,
                                                      -0x1.24bp-4f,
                                                      0,
                                                      0,
                                                      0x1.098p-3f,
                                                      0x1.b26p-3f,
                                                      0x1.249cp-2f,
                                                      0x1.6cbp-2f,
                                                      0x1.b0b8p-2f};
  alignas(64) static constexpr float LOG2_LOW[16] = {0x1.5d1a1ap-19f,
                                                     -0x1.7b6524p-21f,
                                                     -0x1.c72e0cp-18f,
                                                     0x1.dfc5c2p-20f,
                                                     0x1.98945p-18f,
                                                     -0x1.b66ecap-18f,
                                                     -0x1.5c83d2p-18f,
                                                     0x1.3ee806p-20f,
                                                     -0x1.6df84ep-18f,
                                                     0,
                                                     0,
                                                     -0x1.c731ap-19f,
                                                     0x1.24beaap-22f,
                                                     0x1.a5627ap-19f,
                                                     0x1.ed0cbap-19f,
                                                     -0x1.80b0bap-18f};
  static constexpr float CUBE_ROOT[] = {1.383506f, -0.47684205f, 0.09126117f};
};

}  // namespace LOPS_LEVEL
}  // namespace lops
#endif
