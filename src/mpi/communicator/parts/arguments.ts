import { bytesOf, type DType, isBoolean, isComplex, isInteger } from '../../../core/base/dtype.js';
import { MpiError } from '../../../core/base/errors.js';
import { isListOf } from '../../../core/base/options.js';
import { textOf } from '../../../core/base/text-of.js';
import { ANY, type ReduceOp } from '../../../core/ports/communicator.js';
import type { HostSpan, Span } from '../../../core/ports/span.js';

/** Checks that the values are requests of {@link Communicator} which have all `methods`. */
export function checkRequests(call: string, requests: unknown, methods: readonly string[]): void {
  const fits = (r: unknown) =>
    typeof r === 'object' &&
    r !== null &&
    methods.every((m) => typeof (r as Record<string, unknown>)[m] === 'function');
  if (isListOf(requests, fits)) return;
  throw new MpiError(`${call}: expected a list of requests, received ${textOf(requests)}`);
}

/** The largest tag that every MPI supports. */
export const MAX_TAG = 32767;

export function checkRank(call: string, what: string, rank: number, size: number): void {
  if (Number.isInteger(rank) && rank >= 0 && rank < size) return;
  throw new MpiError(
    `${call}: expected ${what} to be a rank from 0 to ${size - 1}, received ${textOf(rank)}`,
  );
}

export function checkSource(call: string, from: number, size: number): void {
  if (from !== ANY) checkRank(call, 'the source', from, size);
}

export function checkTag(call: string, tag: number, wildcard = false): void {
  if (Number.isInteger(tag) && tag >= 0 && tag <= MAX_TAG) return;
  if (wildcard && tag === ANY) return;
  throw new MpiError(
    `${call}: expected a tag from 0 to ${MAX_TAG}${wildcard ? ' or ANY' : ''}, received ${textOf(tag)}`,
  );
}

export function checkSameDType(call: string, send: Span, recv: Span): void {
  if (send.dtype === recv.dtype) return;
  throw new MpiError(`${call}: sends ${send.dtype} and receives ${recv.dtype}: both must be the same dtype`);
}

export function checkLength(call: string, what: string, span: Span, expected: number): void {
  if (span.length === expected) return;
  throw new MpiError(`${call}: expected ${what} to have ${expected} elements, received ${span.length}`);
}

/**
 * Checks one count for each rank and returns their sum.
 *
 * @throws {@link MpiError} if the counts are invalid
 */
export function checkCounts(call: string, what: string, counts: readonly number[], size: number): number {
  if (!Array.isArray(counts) || counts.length !== size)
    throw new MpiError(
      `${call}: expected ${what} for ${size} ranks, received ` +
        `${Array.isArray(counts) ? counts.length : textOf(counts)}`,
    );
  let total = 0;
  for (let rank = 0; rank < size; rank++) {
    const count = counts[rank] as number;
    if (!Number.isSafeInteger(count) || count < 0)
      throw new MpiError(`${call}: expected ${what}[${rank}] to be a count ≥ 0, received ${textOf(count)}`);
    total += count;
  }
  return total;
}

const FITS: Readonly<Record<ReduceOp, (dtype: DType) => boolean>> = {
  sum: (dtype) => !isBoolean(dtype),
  prod: (dtype) => !isBoolean(dtype),
  max: (dtype) => !isComplex(dtype),
  min: (dtype) => !isComplex(dtype),
  land: (dtype) => isInteger(dtype),
  lor: (dtype) => isInteger(dtype),
};

export function checkOp(call: string, op: ReduceOp, dtype: DType): void {
  const fits = (typeof op === 'string' && Object.hasOwn(FITS, op) ? FITS[op] : undefined) as
    | ((dtype: DType) => boolean)
    | undefined;
  if (!fits)
    throw new MpiError(
      `${call}: expected an operation (${Object.keys(FITS).join(', ')}), received ${textOf(op)}`,
    );
  if (!fits(dtype)) throw new MpiError(`${call}: '${op}' is not defined for ${dtype}`);
}

function overlap(a: HostSpan, b: HostSpan): boolean {
  if (a.buffer !== b.buffer || a.length === 0 || b.length === 0) return false;
  return (
    a.byteOffset < b.byteOffset + b.length * bytesOf(b.dtype) &&
    b.byteOffset < a.byteOffset + a.length * bytesOf(a.dtype)
  );
}

/**
 * Refuses overlapping memory that one call would read and write. Device memory is staged, so it may
 * overlap.
 */
export function checkDisjoint(call: string, send: Span, recv: Span): void {
  if (send.kind === 'host' && recv.kind === 'host' && overlap(send, recv)) {
    throw new MpiError(
      `${call}: the memory to send and to receive overlaps: use memory of its own for one of them`,
    );
  }
}

/**
 * Whether `part` is exactly the piece of `whole` that starts at element `offset`. MPI performs such
 * a call in place.
 *
 * @throws {@link MpiError} if they overlap in another way
 */
export function isInPlace(call: string, part: Span, whole: Span, offset: number): boolean {
  if (part.kind !== 'host' || whole.kind !== 'host' || !overlap(part, whole)) return false;
  if (part.byteOffset === whole.byteOffset + offset * bytesOf(whole.dtype)) return true;
  throw new MpiError(
    `${call}: the memory to send and to receive overlaps without this rank's part being in its place`,
  );
}
