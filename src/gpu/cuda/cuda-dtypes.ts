import type { DType } from '../../core/base/dtype.js';
import type { BlasType } from './cuda-addon-interface.js';

/** The names of a dtype in CUDA's libraries and in the source of kernels. */
interface CudaDType {
  /** The type in the source of kernels. */
  readonly c: string;
  /** `ncclDataType_t` of its numbers. NCCL sends complex values as pairs. */
  readonly nccl: number;
  /** The type of matrices in cuBLAS and cuSOLVER. Other matrices are multiplied by a kernel. */
  readonly blas?: BlasType;
}

export const CUDA_DTYPES: Readonly<Record<DType, CudaDType>> = {
  float32: { c: 'float', nccl: 7, blas: 0 },
  float64: { c: 'double', nccl: 8, blas: 1 },
  complex64: { c: 'Complex<float>', nccl: 7, blas: 2 },
  complex128: { c: 'Complex<double>', nccl: 8, blas: 3 },
  int32: { c: 'int', nccl: 2 },
  bool: { c: 'Flag', nccl: 1 },
};
