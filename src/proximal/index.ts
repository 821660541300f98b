export { Box, type BoxOptions } from './functions/box.js';
export { Euclidean } from './functions/euclidean.js';
export { EuclideanBall, type EuclideanBallOptions } from './functions/euclidean-ball.js';
export { Huber, type HuberOptions } from './functions/huber.js';
export { Indicator } from './functions/indicator.js';
export { L0, type SigmaOptions } from './functions/l0.js';
export { L1, type L1Options } from './functions/l1.js';
export { L1Ball } from './functions/l1-ball.js';
export { L2, L2_SOLVERS, type L2Options, type L2Solver } from './functions/l2.js';
export { L21 } from './functions/l21.js';
export { MPIL2 } from './functions/mpi-l2.js';
export { MPIProxOperator } from './functions/mpi-prox-operator.js';
export { Nuclear } from './functions/nuclear.js';
export { Orthogonal, type OrthogonalOptions } from './functions/orthogonal.js';
export { ProxOperator, ProxSum, type ProxSumOptions, type Quadratic } from './functions/prox-operator.js';
export { type RadiusOptions, Simplex } from './functions/simplex.js';
export { TV, type TVOptions } from './functions/tv.js';
export { type AdmmOptions, type AdmmResult, type AdmmState, admm } from './solvers/admm.js';
export { type AdmmL2Options, type AdmmL2Result, type AdmmL2State, admml2 } from './solvers/admml2.js';
export {
  type DouglasRachfordOptions,
  type DouglasRachfordResult,
  type DouglasRachfordState,
  douglasRachford,
} from './solvers/douglas-rachford.js';
export {
  type LinearizedAdmmOptions,
  type LinearizedAdmmResult,
  type LinearizedAdmmState,
  linearizedAdmm,
} from './solvers/linearized-admm.js';
export {
  type PrimalDualOptions,
  type PrimalDualResult,
  type PrimalDualState,
  primalDual,
} from './solvers/primal-dual.js';
export {
  type Acceleration,
  type ProximalGradientOptions,
  type ProximalGradientResult,
  type ProximalGradientState,
  proximalGradient,
  type Restart,
} from './solvers/proximal-gradient.js';
export type {
  ProximalResult,
  ProximalRunOptions,
  ProximalState,
  ProximalStep,
} from './solvers/proximal-solver.js';
