import { expect } from 'chai';
import type { NDArray } from '../../src/core/array/ndarray.js';
import { product, type Shape } from '../../src/core/base/shape.js';
import type { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import { DistributedSpace } from '../../src/core/distributed/space.js';
import type { Communicator } from '../../src/core/ports/communicator.js';

/** Divides `n` into parts of irregular, fixed sizes, some of them empty. */
export function ragged(n: number, parts: number, seed = 1): number[] {
  const cuts = Array.from({ length: parts - 1 }, (_, i) => ((i + 1) * 7 * seed + i * i * 3) % (n + 1)).sort(
    (a, b) => a - b,
  );
  return [...cuts, n].map((cut, i) => cut - (i === 0 ? 0 : (cuts[i - 1] as number)));
}

/**
 * SCATTER layouts of a shape for tests: every axis, uneven cuts, all elements on the last rank, and
 * process grids, some of them with idle ranks.
 */
export function layoutsOf(shape: Shape, ranks: number): Layout[] {
  const along = (axis: number, sizes: readonly number[]): Layout =>
    Layout.fromLocalShapes(
      sizes.map((n) => shape.map((m, k) => (k === axis ? n : m))),
      axis,
    );
  const list = shape.flatMap((n, axis) => [
    Layout.split(shape, ranks, axis),
    along(axis, ragged(n, ranks)),
    along(
      axis,
      Array.from({ length: ranks }, (_, r) => (r === ranks - 1 ? n : 0)),
    ),
  ]);
  if (shape.length > 1) {
    for (const grid of [
      [2, 2],
      [2, 1],
      [1, 3],
      [1, 1],
    ]) {
      if (product(grid) <= ranks)
        list.push(Layout.grid(shape, ranks, [...grid, ...new Array<number>(shape.length - 2).fill(1)]));
    }
  }
  return [...new Map(list.map((l) => [l.key, l])).values()];
}

/** The distributed form, in a layout, of a global array that every rank holds. */
export function placed(whole: NDArray, layout: Layout, comm: Communicator): DistributedArray {
  const partition = layout.replicated ? 'BROADCAST' : 'SCATTER';
  return DistributedSpace.of({ layout, partition, comm, dtype: whole.dtype, backend: whole.backend })
    .empty()
    .assignGlobal(whole);
}

/** The numbers of messages, reductions and other collectives that `body` sends on this rank. */
export function traffic(
  comm: Communicator,
  body: () => void,
): { messages: number; reductions: number; collectives: number } {
  const before = { ...comm.counters };
  body();
  const { messages, reductions, collectives } = comm.counters;
  return {
    messages: messages - before.messages,
    reductions: reductions - before.reductions,
    collectives: collectives - before.collectives,
  };
}

export const NOTHING = { messages: 0, reductions: 0, collectives: 0 };

/**
 * Fails unless all ranks throw errors of a class, whether or not their own arguments are wrong.
 * Messages that are sent afterwards must arrive.
 */
export function expectAllThrow(
  comm: Communicator,
  body: () => unknown,
  error: new (message: string) => Error,
  message = '',
): void {
  let thrown: unknown;
  try {
    body();
  } catch (e) {
    thrown = e;
  }
  const names = comm.allgatherObject(thrown instanceof Error ? thrown.name : 'nothing');
  expect(names, `${message}: ${String(thrown)}`).to.deep.equal(names.map(() => error.name));
}
