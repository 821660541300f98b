import type { MessagePort } from 'node:worker_threads';

/** A run of a solver, with its number among those of the program. */
export interface RunMessage {
  readonly kind: 'run';
  readonly run: number;
  readonly label: string;
  /** Null for no limit. */
  readonly niter: number | null;
}

/** Iterations of a run, and the cost of each. Costs that are not finite are null. */
export interface PointsMessage {
  readonly kind: 'points';
  readonly run: number;
  readonly iterations: readonly number[];
  readonly costs: readonly (number | null)[];
}

/** The samples of a solution. */
export interface SliceMessage {
  readonly kind: 'slice';
  readonly run: number;
  readonly iteration: number;
  /** What is drawn, such as `axis 0 = 12`. */
  readonly place: string;
  /** Samples of an array of one axis, or of a plane in C order. Complex ones as moduli. */
  readonly values: Float64Array;
  /** The number of samples along each axis. */
  readonly samples: readonly number[];
  /** The number of elements along each axis. */
  readonly shape: readonly number[];
  /** The elements from one sample to the next along each axis. */
  readonly steps: readonly number[];
  /** The names of the axes. */
  readonly axes: readonly string[];
  /** Whether the second axis of a plane runs downwards. */
  readonly transpose: boolean;
}

/** The end of the watched part of the program. */
export interface EndMessage {
  readonly kind: 'end';
  readonly text: string;
  readonly failed: boolean;
}

export type WatchMessage = RunMessage | PointsMessage | SliceMessage | EndMessage;

/** The places of shared numbers, which both threads read. */
export const SHARED = {
  /** 0 while the server starts, then 1, or 2 if it cannot. */
  state: 0,
  /** The port of the server. */
  port: 1,
  /** The number of open pages. */
  clients: 2,
  /** 1 once the pages have received the end. */
  ended: 3,
} as const;

/** What the thread of the server receives. */
export interface ServerData {
  readonly channel: MessagePort;
  readonly shared: Int32Array;
  /** The port to listen on; 0 for a free one. */
  readonly port: number;
  readonly token: string;
  readonly html: string;
  /** The Content-Security-Policy of the page. */
  readonly policy: string;
}
