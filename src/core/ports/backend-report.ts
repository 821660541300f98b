/** A device that a backend sees. */
export interface DeviceReport {
  /** The backend's number of it. */
  readonly index: number;
  readonly name: string;
  readonly memoryBytes?: number | undefined;
  /** The same for one device on whatever rank and under whatever number: a UUID or bus address. */
  readonly id?: string | undefined;
}

/** A native addon: whether it can be used, and what helps where it can't. */
export interface AddonReport {
  readonly name: string;
  readonly available: boolean;
  /** What it was built with, or why it is not there. */
  readonly details: string;
  readonly remedy?: string | undefined;
}

/** What a backend says of itself on this rank: for `lops doctor`. */
export interface BackendReport {
  readonly available: boolean;
  /** In a few words: what it computes with, or why it is not there. */
  readonly summary: string;
  /** What to do where something is missing. */
  readonly remedy?: string | undefined;
  /** The native addon that it needs or prefers. */
  readonly addon?: AddonReport | undefined;
  /** Devices that this rank sees; undefined of a backend that uses none. */
  readonly devices?: readonly DeviceReport[] | undefined;
  /** The index of the one that this rank uses. */
  readonly device?: number | undefined;
}
