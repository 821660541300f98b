import { tagOf } from '../../../core/base/dtype.js';
import { MpiError } from '../../../core/base/errors.js';
import type { CallChecker } from '../../../core/ports/communicator.js';
import type { MpiAddon } from '../../mpi-addon.js';
import { callSite } from './call-site.js';

const BYTES = 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** FNV-1a. Distinguishes texts that are equal up to the length that is sent. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Ranges of ranks as text: '0, 2-5'. */
function ranges(ranks: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < ranks.length; ) {
    let j = i;
    while (ranks[j + 1] === (ranks[j] as number) + 1) j++;
    parts.push(j > i + 1 ? `${ranks[i]}-${ranks[j]}` : ranks.slice(i, j + 1).join(', '));
    i = j + 1;
  }
  return parts.join(', ');
}

/** An error with the text of each rank; the same on all ranks. */
function disagreement(what: string, said: readonly string[]): MpiError {
  const groups = new Map<string, number[]>();
  said.forEach((text, rank) => groups.set(text, [...(groups.get(text) ?? []), rank]));
  const lines = [...groups].map(
    ([text, ranks]) => `\n  rank${ranks.length > 1 ? 's' : ''} ${ranges(ranks)}: ${text}`,
  );
  return new MpiError(`LOPS_DEBUG: ${what}:${lines.join('')}`);
}

/**
 * Compares the calls that the ranks of a communicator are about to make. Its own messages use
 * duplicates of the communicators.
 */
export class CallComparison {
  readonly #mpi: MpiAddon;
  readonly #twins = new Map<number, number>();

  /** @param mpi the addon itself, the calls of which are not compared */
  constructor(mpi: MpiAddon) {
    this.#mpi = mpi;
  }

  /** @throws {@link MpiError} on all ranks if the descriptions of the ranks differ */
  same(comm: number, what: string, site = callSite()): void {
    if (this.#mpi.size(comm) === 1) return;
    const said = this.#exchange(comm, what, site);
    if (said.some(({ hash }) => hash !== said[0]?.hash))
      throw disagreement(
        'the ranks make different calls',
        said.map(({ text }) => text),
      );
  }

  /**
   * Compares the counts that ranks send with those that the receivers expect.
   *
   * @throws {@link MpiError} on all ranks unless `expected[r]` on this rank equals the entry for
   * this rank in `sent` on rank r
   */
  crossCheck(comm: number, what: string, sent: Float64Array, expected: Float64Array): void {
    const size = this.#mpi.size(comm);
    if (size === 1) return;
    const comes = new Float64Array(size);
    this.#mpi.alltoall(
      this.#twin(comm),
      sent.buffer as ArrayBuffer,
      sent.byteOffset,
      comes.buffer,
      0,
      1,
      tagOf('float64'),
    );
    const wrong = comes.findIndex((n, r) => n !== expected[r]);
    const mine =
      wrong < 0
        ? 'as expected'
        : `expects ${expected[wrong]} elements from rank ${wrong}, which sends ${comes[wrong]}`;
    const said = this.#exchange(comm, wrong < 0 ? '' : mine, `${mine}, ${callSite()}`);
    if (said.some(({ hash }) => hash !== said[0]?.hash) || wrong >= 0)
      throw disagreement(
        `what ranks send is not what others expect, in ${what}`,
        said.map(({ text }) => text),
      );
  }

  /** Frees the duplicate of a communicator. Called before the communicator is freed. */
  forget(comm: number): void {
    const twin = this.#twins.get(comm);
    if (twin !== undefined) this.#mpi.freeComm(twin);
    this.#twins.delete(comm);
  }

  checkerOf(comm: number): CallChecker {
    return {
      same: (what) => this.same(comm, what),
      messages: (what, out, incoming) => {
        const size = this.#mpi.size(comm);
        const [sent, expected] = [new Float64Array(size), new Float64Array(size)];
        for (const { peer, size: elements } of out) sent[peer] = elements;
        for (const { peer, size: elements } of incoming) expected[peer] = elements;
        this.same(comm, what);
        this.crossCheck(comm, what, sent, expected);
      },
    };
  }

  #twin(comm: number): number {
    let twin = this.#twins.get(comm);
    if (twin === undefined) this.#twins.set(comm, (twin = this.#mpi.dup(comm)));
    return twin;
  }

  #exchange(comm: number, what: string, site: string): { hash: number; text: string }[] {
    const size = this.#mpi.size(comm);
    const mine = new Uint8Array(BYTES);
    new DataView(mine.buffer).setUint32(0, hashOf(encoder.encode(what)));
    encoder.encodeInto(site.startsWith(what) ? site : `${what} ${site}`.trim(), mine.subarray(4));
    const all = new Uint8Array(BYTES * size);
    this.#mpi.allgather(this.#twin(comm), mine.buffer, 0, all.buffer, 0, BYTES / 4, tagOf('int32'));
    return Array.from({ length: size }, (_, r) => {
      const record = all.subarray(r * BYTES, (r + 1) * BYTES);
      const text = record.subarray(4);
      const end = text.indexOf(0);
      return {
        hash: new DataView(record.buffer, record.byteOffset).getUint32(0),
        text: decoder.decode(end < 0 ? text : text.subarray(0, end)),
      };
    });
  }
}
