import type { Storage } from '../ports/backend.js';

/** Counts the arrays that share a storage, and releases the storage with the last one. */
export class StorageOwner {
  #users = 0;
  constructor(readonly storage: Storage) {}
  acquire(): void {
    this.#users++;
  }
  release(): void {
    if (--this.#users === 0) this.storage.backend.release(this.storage);
  }
}
