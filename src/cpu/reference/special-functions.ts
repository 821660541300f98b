/**
 * Special functions of real numbers, to a few units in the last place. The tables are coefficients
 * of Chebyshev series, computed with 45 digits by mpmath from the functions that their comments
 * name.
 */

/** Σ c[k] Tₖ(t), by Clenshaw's recurrence. */
function chebyshev(c: readonly number[], t: number): number {
  let [a, b] = [0, 0];
  for (let k = c.length - 1; k > 0; k--) {
    const next = 2 * t * a - b + (c[k] as number);
    b = a;
    a = next;
  }
  return t * a - b + (c[0] as number);
}

/** (1 + 2x) exp(x²) erfc(x) for x ≥ 0, t = (x − 3.75) / (x + 3.75) */
const ERFC: readonly number[] = [
  1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189, -0.026658668435305753,
  0.009074997670705265, -0.002413163540417608, 0.0004907758365258086, -6.916973302501207e-5,
  4.13902798607301e-6, 7.74038306619849e-7, -2.1886401049234397e-7, 1.076499946567091e-8,
  4.521959811218287e-9, -7.754400208831351e-10, -6.318088340886684e-11, 2.86879501093067e-11,
  1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14, 3.3478119482868056e-14,
  -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17, 5.068148904796111e-17,
];

/** erfc(x) for x ≥ ½. */
function erfcOfPositive(x: number): number {
  if (x > 27) return 0;
  // The square of the first digits is exact
  const high = Math.fround(x);
  const decay = Math.exp(-high * high) * Math.exp((high - x) * (high + x));
  return (decay * chebyshev(ERFC, (x - 3.75) / (x + 3.75))) / (1 + 2 * x);
}

/** 2/√π Σ (−1)ᵏ x²ᵏ⁺¹ / (k! (2k + 1)) for |x| < 1. */
function erfSeries(x: number): number {
  const square = x * x;
  let [term, sum] = [1, 0];
  for (let k = 1; k < 20; k++) {
    term *= -square / k;
    sum += term / (2 * k + 1);
  }
  return (x + x * sum) * TWO_OVER_ROOT_PI;
}
const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** The error function. */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 1) return erfSeries(x);
  return x < 0 ? erfcOfPositive(size) - 1 : 1 - erfcOfPositive(x);
}

/** 1 − erf(x), without cancellation. */
export function erfc(x: number): number {
  if (x < -0.5) return 2 - erfcOfPositive(-x);
  return x < 0.5 ? 1 - erfSeries(x) : erfcOfPositive(x);
}

/** Γ(x) for 1 ≤ x ≤ 2, t = 2x − 3 */
const GAMMA: readonly number[] = [
  0.9417855977954946, 0.004415381324841007, 0.05685043681599363, -0.00421983539641856, 0.0013268081812124603,
  -0.00018930245297988805, 3.606925327441245e-5, -6.056761904460864e-6, 1.0558295463022833e-6,
  -1.811967365542384e-7, 3.117724964715322e-8, -5.354219639019687e-9, 9.193275519859589e-10,
  -1.5779412802883398e-10, 2.7079806229349544e-11, -4.64681865382573e-12, 7.97335019200742e-13,
  -1.368078209830916e-13, 2.3473194865638007e-14, -4.027432614949067e-15, 6.910051747372101e-16,
  -1.185584500221993e-16, 2.034148542496374e-17, -3.490054341717406e-18,
];

/** The size from which Stirling's series has all digits. */
const STIRLING = 16;
/** ln Γ(x) − (x − ½) (ln x − 1) + ½ − ½ ln 2π, of x ≥ 16. */
function stirlingRest(x: number): number {
  const w = 1 / (x * x);
  return (
    (1 / 12 -
      w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * (691 / 360360 - w / 156)))))) /
    x
  );
}

/** sin(πx), exact in its zeros. */
function sinPi(x: number): number {
  const nearest = Math.round(x);
  const sine = Math.sin(Math.PI * (x - nearest));
  return nearest % 2 === 0 ? sine : -sine;
}

/** The gamma function. NaN at negative integers, ±∞ at ±0. */
export function gamma(x: number): number {
  if (x >= STIRLING) {
    if (x > 172) return Number.POSITIVE_INFINITY;
    // In two halves, because the power may overflow although the result does not
    const half = x ** (x / 2 - 0.25);
    return half * Math.exp(-x) * half * Math.sqrt(2 * Math.PI) * Math.exp(stirlingRest(x));
  }
  if (x < 0 && Number.isInteger(x)) return Number.NaN;
  if (x < -STIRLING) {
    if (x < -190) return x === Number.NEGATIVE_INFINITY ? Number.NaN : Math.floor(x) % 2 === 0 ? 0 : -0;
    if (x > -170) return -Math.PI / (x * sinPi(x) * gamma(-x));
    let product = 1;
    for (let k = 0; k < 20; k++) product *= x + k;
    return gamma(x + 20) / product;
  }
  // Γ(x + 1) = x Γ(x)
  let [above, below, y] = [1, 1, x];
  for (; y > 2; ) above *= y -= 1;
  for (; y < 1; y += 1) below *= y;
  return (above / below) * chebyshev(GAMMA, 2 * y - 3);
}

/** ln Γ(x) / ((x − 1) (x − 2)) for 1 ≤ x ≤ 3, t = x − 2 */
const LOG_GAMMA: readonly number[] = [
  0.44148902545501423, -0.11119580321752523, 0.01951044826068884, -0.003922461463025264,
  0.0008478989895953857, -0.00019153855341365593, 4.454470184975607e-5, -1.05728743735943e-5,
  2.5474336873408417e-6, -6.208535880776316e-7, 1.5268677399071546e-7, -3.782637660291326e-8,
  9.428100823624284e-9, -2.361999702184645e-9, 5.943541905817546e-10, -1.501312977072867e-10,
  3.8050196458110534e-11, -9.672485299656325e-12, 2.465348198355661e-12, -6.298868140791711e-13,
  1.6128460030283787e-13, -4.137949206814042e-14, 1.0635701227757898e-14, -2.7382420786652826e-15,
  7.060670507214892e-16, -1.8232177141662118e-16, 4.714169006756272e-17, -1.2204107319639856e-17,
  3.1630451661790255e-18,
];

/** ln |Γ(x)|; ∞ at 0 and at negative integers, −∞ at −∞, as in SciPy. */
export function gammaln(x: number): number {
  if (x >= STIRLING) {
    if (x === Number.POSITIVE_INFINITY) return x;
    return (x - 0.5) * (Math.log(x) - 1) + (Math.log(2 * Math.PI) - 1) / 2 + stirlingRest(x);
  }
  if (x < -STIRLING) {
    if (x === Number.NEGATIVE_INFINITY) return x;
    return Math.log(Math.PI / Math.abs(x * sinPi(x))) - gammaln(-x);
  }
  if (Math.abs(x) < 1e-20) return -Math.log(Math.abs(x));
  if (x <= 0 && Number.isInteger(x)) return Number.POSITIVE_INFINITY;
  // ln Γ(1 + x) − ln x: 1 + x would lose digits
  if (x > 0 && x < 1) return x * (x - 1) * chebyshev(LOG_GAMMA, x - 1) - Math.log(x);
  // Not −0
  if (x >= 1 && x <= 3) return (x - 1) * (x - 2) * chebyshev(LOG_GAMMA, x - 2) + 0;
  return Math.log(Math.abs(gamma(x)));
}

/** exp(−x) I₀(x) for 0 ≤ x ≤ 8, t = x/4 − 1 */
const BESSEL: readonly number[] = [
  0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764, 0.04930528423967071,
  -0.02373741480589947, 0.010546460394594998, -0.004324309995050576, 0.0016394756169413357,
  -0.0005763755745385824, 0.00018850288509584165, -5.754195010082104e-5, 1.6448448070728896e-5,
  -4.4167383584587505e-6, 1.1173875391201037e-6, -2.670793853940612e-7, 6.046995022541919e-8,
  -1.300025009986248e-8, 2.6598237246823866e-9, -5.189795601635263e-10, 9.675809035373237e-11,
  -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13, 7.676185498604936e-14,
  -1.1685332877993451e-14, 1.715391285555133e-15, -2.431279846547955e-16, 3.3307945188222384e-17,
  -4.4153416464793395e-18,
];

/** √x exp(−x) I₀(x) for x ≥ 8, t = 16/x − 1 */
const BESSEL_FAR: readonly number[] = [
  0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-5, 2.8913705208347567e-6,
  2.0489185894690638e-7, 2.266668990498178e-8, 3.3962320257083865e-9, 4.94060238822497e-10,
  1.1889147107846439e-11, -3.1499165279632416e-11, -1.3215811840447713e-11, -1.7941785315068062e-12,
  7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14, -4.150569347287222e-14,
  -9.554846698828307e-15, 3.8116806693526224e-15, 1.7725601330565263e-15, -3.425485619677219e-16,
  -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17, -4.830504485944182e-18,
  -7.233180487874754e-18,
];

/** The modified Bessel function of the first kind and order 0. */
export function i0(x: number): number {
  const size = Math.abs(x);
  if (size <= 8) return Math.exp(size) * chebyshev(BESSEL, size / 4 - 1);
  if (size > 714) return Number.POSITIVE_INFINITY;
  const half = Math.exp(size / 2);
  return ((half * chebyshev(BESSEL_FAR, 16 / size - 1)) / Math.sqrt(size)) * half;
}
