import {
  type Backend,
  type Elements,
  type KernelName,
  type Kernels,
  type Storage,
  WRITTEN,
} from '../ports/backend.js';
import { elementsIn, replaceElements } from './call-operands.js';

const whole = (storage: Storage): Elements => ({ storage, offset: 0, size: storage.length });

/**
 * Runs a kernel on a backend of the host. The storages of all operands are copied there. Those that
 * the kernel writes are copied back.
 */
export function runOnHost<K extends KernelName>(
  host: Backend,
  kernel: K,
  args: Parameters<Kernels[K]>,
): ReturnType<Kernels[K]> {
  const copies = new Map<Storage, Storage>();
  try {
    const moved = replaceElements(args, ({ storage, offset, size }) => {
      let copy = copies.get(storage);
      if (!copy) {
        copies.set(storage, (copy = host.alloc(storage.dtype, storage.length)));
        host.upload(storage.backend.download(whole(storage)), whole(copy));
      }
      return { storage: copy, offset, size };
    });
    const run = host[kernel] as (...operands: unknown[]) => ReturnType<Kernels[K]>;
    const result = run.apply(host, moved);
    const written = WRITTEN[kernel];
    if (written !== undefined)
      for (const { storage } of elementsIn(args[written]))
        storage.backend.upload(host.download(whole(copies.get(storage) as Storage)), whole(storage));
    return result;
  } finally {
    for (const copy of copies.values()) host.release(copy);
  }
}
