import type { Communicator } from '../core/ports/communicator.js';

/** The speed of messages between two ranks. */
export interface LinkSpeed {
  /** The location of the two ranks. */
  readonly between: 'one node' | 'two nodes';
  readonly ranks: readonly [number, number];
  /** Half of the median round trip of 8 bytes. */
  readonly latencyMicroseconds: number;
  /** Median rate of messages of 4 MiB. */
  readonly gigabytesPerSecond: number;
}

/** Most seconds for each of the two measurements of a pair. */
const LIMIT = 0.3;
const MOST = 2000;
const LONG = (4 << 20) / 8;

/**
 * Measures messages from rank 0 to the next rank on its node, and to one on another node.
 * Collective. All ranks get the same result.
 */
export function measureLinks(comm: Communicator, hosts: readonly string[]): LinkSpeed[] {
  const pairs = [
    { between: 'one node' as const, other: hosts.findIndex((host, rank) => rank > 0 && host === hosts[0]) },
    { between: 'two nodes' as const, other: hosts.findIndex((host) => host !== hosts[0]) },
  ];
  return pairs.flatMap(({ between, other }) => {
    if (other < 0) return [];
    const seconds =
      comm.rank === 0 || comm.rank === other ? [1, LONG].map((length) => roundTrip(comm, other, length)) : [];
    const [short = 0, long = 0] = comm.bcastObject(seconds);
    return [
      {
        between,
        ranks: [0, other] as const,
        latencyMicroseconds: (1e6 * short) / 2,
        gigabytesPerSecond: (2e-9 * 8 * LONG) / long,
      },
    ];
  });
}

/**
 * Median seconds of a message from rank 0 to another rank and back. The first value of the message
 * says if another one follows.
 */
function roundTrip(comm: Communicator, other: number, length: number): number {
  const data = new Float64Array(length);
  const times: number[] = [];
  const began = performance.now();
  for (let more = 1; more > 0; ) {
    if (comm.rank === 0) {
      more = times.length < MOST && performance.now() - began < 1000 * LIMIT ? 1 : 0;
      data[0] = more;
      const start = performance.now();
      comm.send(data, other);
      comm.recv(data, other);
      times.push((performance.now() - start) / 1000);
    } else {
      comm.recv(data, 0);
      more = data[0] ?? 0;
      comm.send(data, 0);
    }
  }
  // The first message opens the connection
  const sorted = times.slice(1).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? times[0] ?? 0;
}
