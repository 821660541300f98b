import { type DType, isFloat } from '../../core/base/dtype.js';
import type { Elements } from '../../core/ports/backend.js';
import { type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

const part = ({ storage, offset }: Elements, from: number, size: number): Elements => ({
  storage,
  offset: offset + from,
  size,
});

/**
 * Several kernels on the same memory. Each must read what earlier ones wrote, and nothing that
 * later ones write.
 */
function sequences(dtype: DType): KernelCase[] {
  const make = new Operands(400);
  return [
    {
      title: 'values read before they are overwritten',
      operands: [make.out(dtype, 30, 1), make.out(dtype, 30, 2), make.out(dtype, 30)],
      scale: 64,
      run: (b, e) => {
        const [x, y, z] = [e[0], e[1], e[2]];
        b.copy(x, z);
        b.binary('add', x, y, x);
        b.binary('multiply', z, x, y);
        b.fill(part(x, 3, 9), 2);
        b.linearCombination([2, -1], [x, z], z);
        b.binary('subtract', y, z, x);
        return undefined;
      },
    },
    {
      title: 'parts of one storage',
      operands: [make.out(dtype, 40, 3)],
      scale: 64,
      run: (b, e) => {
        const x = e[0];
        b.copy(part(x, 0, 10), part(x, 20, 10));
        b.fill(part(x, 0, 10), 1);
        b.binary('add', part(x, 10, 10), part(x, 20, 10), part(x, 30, 10));
        b.binary('multiply', part(x, 5, 10), part(x, 25, 10), part(x, 5, 10));
        b.copy(part(x, 38, 2), part(x, 0, 2));
        return undefined;
      },
    },
    {
      title: 'host memory that is reused after upload and download',
      operands: [make.out(dtype, 16), make.out(dtype, 16, 1)],
      scale: 64,
      run: (b, e) => {
        const [x, y] = [e[0], e[1]];
        const host = make.numbers(dtype, 16).fill(3);
        b.upload(host, x);
        host.fill(4);
        b.upload(host, y);
        host.fill(5);
        b.binary('subtract', x, y, x);
        b.download(x, host);
        b.fill(x, 7);
        host.fill(9);
        return b.reduce('sumAbs', y);
      },
    },
    {
      title: 'storages that are released while their values are still needed',
      operands: [make.in(dtype, 20, 1), make.out(dtype, 20)],
      scale: 64,
      run: (b, e) => {
        const storage = b.alloc(dtype, 20);
        const work = { storage, offset: 0, size: 20 };
        b.linearCombination([2], [e[0]], work);
        b.binary('add', work, e[0], e[1]);
        b.release(storage);
        const other = b.alloc(dtype, 20);
        b.fill({ storage: other, offset: 0, size: 20 }, 5);
        b.release(other);
        return undefined;
      },
    },
    ...(isFloat(dtype)
      ? [
          {
            title: 'twenty steps of gradient descent',
            operands: [make.in(dtype, 50), make.out(dtype, 50)],
            ulps: 64,
            scale: 8,
            run: (b, e) => {
              const [d, x] = [e[0], e[1]];
              const storage = b.alloc(dtype, 50);
              const r = { storage, offset: 0, size: 50 };
              for (let k = 0; k < 20; k++) {
                b.linearCombination([1, -1], [d, x], r);
                b.linearCombination([0.25, 1], [r, x], x);
              }
              const rest = b.dots([{ x: r, y: r, conjugate: true }]);
              b.release(storage);
              return rest;
            },
          } satisfies KernelCase,
        ]
      : []),
  ];
}

export const sequenceCases: readonly KernelCases[] = [{ kernel: 'sequences', cases: sequences }];
