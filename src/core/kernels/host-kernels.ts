import type { Backend, Elements, Storage } from '../ports/backend.js';
import { elementsIn, replaceElements } from './call-operands.js';

const whole = (storage: Storage): Elements => ({ storage, offset: 0, size: storage.length });

/**
 * Calls `run` with arguments of a kernel whose operands are on a backend of the host. The storages
 * of all operands are copied there. Those of the argument number `written` are copied back.
 */
export function runOnHost<A extends readonly unknown[], R>(
  host: Backend,
  args: A,
  written: number | undefined,
  run: (...args: A) => R,
): R {
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
    const result = run(...moved);
    if (written !== undefined)
      for (const { storage } of elementsIn(args[written]))
        storage.backend.upload(host.download(whole(copies.get(storage) as Storage)), whole(storage));
    return result;
  } finally {
    for (const copy of copies.values()) host.release(copy);
  }
}
