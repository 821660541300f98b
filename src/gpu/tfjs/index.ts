export { createTfjsBackend, type TfjsBackendOptions } from './create-tfjs-backend.js';
export { type LoadPackage, TFJS_ENGINES, type TfjsEngine } from './engines.js';
export { TfjsBackend } from './tfjs-backend.js';
export type { Tensor, TensorDType, TensorModule } from './tfjs-engine.js';
