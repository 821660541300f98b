/** The engines, the preferred ones first. */
export const TFJS_ENGINES = ['node-gpu', 'node', 'wasm', 'cpu'] as const;
/** An engine of TensorFlow.js. */
export type TfjsEngine = (typeof TFJS_ENGINES)[number];

/** Loads a package by name. Throws in the same way as `require`. */
export type LoadPackage = (name: string) => unknown;
