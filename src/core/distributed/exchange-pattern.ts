import { PartitionError } from '../base/errors.js';
import { product, type Shape, stridesOf } from '../base/shape.js';
import { type IndexBox, intersect, type Layout } from './layout.js';

/** A box within a C-order array that covers a larger box. */
export interface Piece {
  /** The index of the array, if there are several. */
  readonly array: number;
  readonly shape: Shape;
  readonly size: number;
  /** The first element within the array, and the strides. */
  readonly start: number;
  readonly strides: readonly number[];
  /** True if the elements are one run of memory, in order. */
  readonly contiguous: boolean;
}

/** All the elements that one rank sends to another, in the order of the pieces. */
export interface Message {
  readonly peer: number;
  readonly size: number;
  readonly pieces: readonly Piece[];
}

/** The number of elements sent to, or received from, a rank. */
export type Traffic = Pick<Message, 'peer' | 'size'>;

/** The traffic of messages. */
export const trafficOf = (messages: readonly Message[]): Traffic[] =>
  messages.map(({ peer, size }) => ({ peer, size }));

/** Throws {@link PartitionError} unless a layout is over as many ranks as a communicator has. */
export function checkRanks(layout: Layout, ranks: number): void {
  if (layout.ranks !== ranks)
    throw new PartitionError(
      `expected a layout over the communicator's ${ranks} ranks, received one over ${layout.ranks}`,
    );
}

/**
 * The messages that one rank sends and receives, and its local copies. Pure data, computed without
 * communication.
 */
export interface Pattern {
  readonly sourceSize: number;
  readonly targetSizes: readonly number[];
  readonly sends: readonly Message[];
  readonly receives: readonly Message[];
  readonly copies: readonly { readonly from: Piece; readonly to: Piece }[];
  /** Parts of the targets that lie outside the global array. */
  readonly zeros: readonly Piece[];
}

/** The boxes that every rank holds and those that it needs. All ranks pass the same demand. */
export interface Demand {
  readonly globalShape: Shape;
  /**
   * The box that a rank holds. The boxes are disjoint, or, if `replicated`, each is the whole
   * array.
   */
  held(rank: number): IndexBox;
  readonly replicated: boolean;
  /**
   * The boxes that a rank needs. Each is an array of its own, and all ranks have the same number of
   * them. Cells outside the global array are zeros.
   */
  wanted(rank: number): readonly IndexBox[];
}

/** The piece that `part` is within a C-order array that covers `frame`. */
export function pieceOf(part: IndexBox, frame: IndexBox, array = 0): Piece {
  const strides = stridesOf(frame.shape);
  let start = 0;
  let contiguous = true;
  let run = 1;
  for (let k = strides.length - 1; k >= 0; k--) {
    const step = strides[k] as number;
    const n = part.shape[k] as number;
    start += ((part.start[k] as number) - (frame.start[k] as number)) * step;
    if (n !== 1 && step !== run) contiguous = false;
    run *= n;
  }
  return { array, shape: part.shape, size: product(part.shape), start, strides, contiguous };
}

/** The part of `box` outside the global array, as disjoint boxes. */
function outside(box: IndexBox, globalShape: Shape): IndexBox[] {
  const parts: IndexBox[] = [];
  const start = [...box.start];
  const shape = [...box.shape];
  const cut = (axis: number, from: number, count: number): void => {
    if (count > 0)
      parts.push({
        start: start.map((s, k) => (k === axis ? from : s)),
        shape: shape.map((n, k) => (k === axis ? count : n)),
      });
  };
  for (let k = 0; k < shape.length; k++) {
    const from = start[k] as number;
    const to = from + (shape[k] as number);
    const inFrom = Math.min(Math.max(from, 0), to);
    const inTo = Math.max(Math.min(to, globalShape[k] as number), inFrom);
    cut(k, from, inFrom - from);
    cut(k, inTo, to - inTo);
    start[k] = inFrom;
    shape[k] = inTo - inFrom;
  }
  return parts.filter((b) => product(b.shape) > 0);
}

/**
 * The pattern of `rank`: the messages and copies that give every rank the boxes it needs. Computed
 * without communication. Cost: ranks × arrays intersections.
 */
export function patternOf(demand: Demand, rank: number, ranks: number): Pattern {
  const held = demand.held(rank);
  const wanted = demand.wanted(rank);
  const sends: Message[] = [];
  const receives: Message[] = [];
  const copies: { from: Piece; to: Piece }[] = [];
  const add = (list: Message[], peer: number, pieces: Piece[]): void => {
    if (pieces.length > 0) list.push({ peer, pieces, size: pieces.reduce((sum, p) => sum + p.size, 0) });
  };
  for (let peer = 0; peer < ranks; peer++) {
    if (peer === rank) {
      wanted.forEach((frame, array) => {
        const part = intersect(held, frame);
        if (part) copies.push({ from: pieceOf(part, held), to: pieceOf(part, frame, array) });
      });
    } else if (!demand.replicated) {
      const theirs = demand.held(peer);
      const outgoing: Piece[] = [];
      const incoming: Piece[] = [];
      demand.wanted(peer).forEach((frame) => {
        const part = intersect(held, frame);
        if (part) outgoing.push(pieceOf(part, held));
      });
      wanted.forEach((frame, array) => {
        const part = intersect(theirs, frame);
        if (part) incoming.push(pieceOf(part, frame, array));
      });
      add(sends, peer, outgoing);
      add(receives, peer, incoming);
    }
  }
  const zeros = wanted.flatMap((frame, array) =>
    outside(frame, demand.globalShape).map((part) => pieceOf(part, frame, array)),
  );
  return {
    sourceSize: product(held.shape),
    targetSizes: wanted.map((b) => product(b.shape)),
    sends,
    receives,
    copies,
    zeros,
  };
}
