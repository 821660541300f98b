/**
 * The part of a tensor of `@tensorflow/tfjs-core` that this package uses. It is not an interface:
 * the module's functions also accept array-like values, and only type aliases are compatible with
 * them.
 */
export type Tensor = {
  readonly shape: readonly number[];
  readonly dtype: string;
  dataSync(): ArrayLike<number>;
  dispose(): void;
};

/** The dtypes of tensors that this package uses. */
export type TensorDType = 'float32' | 'int32' | 'bool';

/**
 * The part of `@tensorflow/tfjs-core` that this package uses, and of the packages that re-export it
 * (`tfjs-node`, `tfjs-node-gpu`). It has functions only, because tensors have the corresponding
 * methods only in some builds. A module object of any of these packages fits.
 */
export interface TensorModule {
  ready(): Promise<void>;
  getBackend(): string;
  setBackend(name: string): Promise<boolean>;
  memory(): { readonly numTensors: number; readonly numBytes: number };
  tidy(body: () => void): void;
  keep(x: Tensor): Tensor;

  tensor1d(values: Float32Array | Int32Array, dtype: 'float32' | 'int32'): Tensor;
  scalar(value: number, dtype: 'float32' | 'int32'): Tensor;
  fill(shape: number[], value: number, dtype: 'float32' | 'int32'): Tensor;
  clone(x: Tensor): Tensor;
  cast(x: Tensor, dtype: TensorDType): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  concat(xs: Tensor[], axis: number): Tensor;
  reverse(x: Tensor, axis: number[]): Tensor;
  transpose(x: Tensor, order: number[]): Tensor;
  gather(x: Tensor, indices: Tensor, axis: number): Tensor;

  add(x: Tensor, y: Tensor): Tensor;
  sub(x: Tensor, y: Tensor): Tensor;
  mul(x: Tensor, y: Tensor): Tensor;
  div(x: Tensor, y: Tensor): Tensor;
  maximum(x: Tensor, y: Tensor): Tensor;
  minimum(x: Tensor, y: Tensor): Tensor;
  atan2(x: Tensor, y: Tensor): Tensor;
  equal(x: Tensor, y: Tensor): Tensor;
  notEqual(x: Tensor, y: Tensor): Tensor;
  less(x: Tensor, y: Tensor): Tensor;
  lessEqual(x: Tensor, y: Tensor): Tensor;
  greater(x: Tensor, y: Tensor): Tensor;
  greaterEqual(x: Tensor, y: Tensor): Tensor;
  logicalAnd(x: Tensor, y: Tensor): Tensor;
  logicalOr(x: Tensor, y: Tensor): Tensor;
  logicalNot(x: Tensor): Tensor;
  where(condition: Tensor, x: Tensor, y: Tensor): Tensor;

  neg(x: Tensor): Tensor;
  abs(x: Tensor): Tensor;
  exp(x: Tensor): Tensor;
  log(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  square(x: Tensor): Tensor;
  reciprocal(x: Tensor): Tensor;
  sign(x: Tensor): Tensor;
  cos(x: Tensor): Tensor;
  tan(x: Tensor): Tensor;
  atan(x: Tensor): Tensor;
  acos(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  floor(x: Tensor): Tensor;
  ceil(x: Tensor): Tensor;
  round(x: Tensor): Tensor;
  isNaN(x: Tensor): Tensor;
  isFinite(x: Tensor): Tensor;

  sum(x: Tensor, axis: number): Tensor;
  max(x: Tensor, axis: number): Tensor;
  min(x: Tensor, axis: number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  conv2d(x: Tensor, filter: Tensor, strides: number, pad: 'valid'): Tensor;
}

/**
 * One or two real tensors of one shape: a real array, or the real and imaginary parts of a complex
 * one.
 */
export type Parts = readonly Tensor[];
