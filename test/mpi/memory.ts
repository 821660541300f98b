import { NDArray } from '../../src/core/array/ndarray.js';
import {
  type DType,
  type HostArray,
  hostArray,
  hostView,
  isBoolean,
  isComplex,
  lanesOf,
} from '../../src/core/base/dtype.js';
import type { Backend } from '../../src/core/ports/backend.js';
import { type DeviceSpan, hostSpan, type Transferable } from '../../src/core/ports/span.js';
import { createCpuBackend } from '../../src/cpu/index.js';

/** Memory that a test sends or receives, and its numbers (complex: re, im, …). */
export interface Cell {
  readonly memory: Transferable;
  numbers(): number[];
}

export type MakeCell = (dtype: DType, numbers: readonly number[]) => Cell;

const filled = (dtype: DType, numbers: readonly number[]): HostArray => {
  const array = hostArray(dtype, numbers.length / lanesOf(dtype));
  array.set(numbers);
  return array;
};

/** Typed arrays in the middle of a larger buffer; spans for complex data. */
export const hostCell: MakeCell = (dtype, numbers) => {
  const room = filled(dtype, [
    ...Array(4 * lanesOf(dtype)).fill(77),
    ...numbers,
    ...Array(4 * lanesOf(dtype)).fill(77),
  ]);
  const array = room.subarray(4 * lanesOf(dtype), 4 * lanesOf(dtype) + numbers.length);
  return {
    memory: isComplex(dtype) ? hostSpan(array, dtype) : array,
    numbers: () => {
      const outside = [...room.subarray(0, array.length === 0 ? room.length : 4 * lanesOf(dtype))];
      if (outside.some((x) => x !== 77) || room.at(-1) !== 77)
        throw new Error('memory around the span was written');
      return [...array];
    },
  };
};

export const sharedCell: MakeCell = (dtype, numbers) => {
  const bytes = new SharedArrayBuffer(numbers.length * 8);
  const array = hostView(dtype, bytes, 0, numbers.length / lanesOf(dtype));
  array.set(numbers);
  return { memory: hostSpan(array, dtype), numbers: () => [...array] };
};

/** Memory that no message layer may read, like the memory of a device. */
export const deviceCell: MakeCell = (dtype, numbers) => {
  const inside = filled(dtype, numbers);
  const memory: DeviceSpan = {
    kind: 'device',
    dtype,
    length: numbers.length / lanesOf(dtype),
    address: undefined,
    synchronize: () => undefined,
    copyToHost: (to) => to.set(inside),
    copyFromHost: (from) => inside.set(from),
  };
  return { memory, numbers: () => [...inside] };
};

const HOST = createCpuBackend();

/** Arrays in the middle of larger ones, on `backend` if it has the dtype, otherwise on the CPU. */
export const arrayCell =
  (backend: Backend): MakeCell =>
  (dtype, numbers) => {
    const count = numbers.length / lanesOf(dtype);
    const mark = isBoolean(dtype) ? 1 : 77;
    const frame: number[] = Array(4 * lanesOf(dtype)).fill(mark);
    const room = NDArray.fromHost(filled(dtype, [...frame, ...numbers, ...frame]), undefined, {
      dtype,
      backend: backend.dtypes.includes(dtype) ? backend : HOST,
    });
    const array = room.view(4, [count]);
    return {
      memory: array,
      numbers: () => {
        const all = room.toHost();
        const outside = [...all.subarray(0, frame.length), ...all.subarray(frame.length + numbers.length)];
        if (outside.some((x) => x !== mark)) throw new Error('memory around the array was written');
        return [...array.toHost()];
      },
    };
  };
