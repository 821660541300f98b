export { type AdmmOptions, type AdmmResult, type AdmmState, admm } from './admm.js';
export { type AdmmL2Options, type AdmmL2Result, type AdmmL2State, admml2 } from './admml2.js';
export { Box, type BoxOptions } from './box.js';
export {
  type DouglasRachfordOptions,
  type DouglasRachfordResult,
  type DouglasRachfordState,
  douglasRachford,
} from './douglas-rachford.js';
export { Euclidean } from './euclidean.js';
export { EuclideanBall, type EuclideanBallOptions } from './euclidean-ball.js';
export { Huber, type HuberOptions } from './huber.js';
export { Indicator } from './indicator.js';
export { L0, type SigmaOptions } from './l0.js';
export { L1, type L1Options } from './l1.js';
export { L1Ball } from './l1-ball.js';
export { L2, type L2Options } from './l2.js';
export { L21 } from './l21.js';
export { type LinearizedAdmmOptions, type LinearizedAdmmResult, type LinearizedAdmmState, linearizedAdmm } from './linearized-admm.js';
export { MPIL2 } from './mpi-l2.js';
export { MPIProxOperator } from './mpi-prox-operator.js';
export { Nuclear } from './nuclear.js';
export { Orthogonal, type OrthogonalOptions } from './orthogonal.js';
export { type PrimalDualOptions, type PrimalDualResult, type PrimalDualState, primalDual } from './primal-dual.js';
export { ProxOperator, ProxSum, type ProxSumOptions, type Quadratic } from './prox-operator.js';
export {
  type Acceleration,
  type ProximalGradientOptions,
  type ProximalGradientResult,
  type ProximalGradientState,
  proximalGradient,
  type Restart,
} from './proximal-gradient.js';
export type { ProximalResult, ProximalRunOptions, ProximalState, ProximalStep } from './proximal-solver.js';
export { type RadiusOptions, Simplex } from './simplex.js';
export { TV, type TVOptions } from './tv.js';
