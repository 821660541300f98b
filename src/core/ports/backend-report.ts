/** A device that a backend sees. */
export interface DeviceReport {
  /** The backend's number of it. */
  readonly index: number;
  readonly name: string;
  readonly memoryBytes?: number | undefined;
  /** The same for one device on whatever rank and under whatever number: a UUID or bus address. */
  readonly id?: string | undefined;
}

/** What a backend says of itself on this rank: for `lops doctor`. */
export interface BackendReport {
  readonly available: boolean;
  /** In a few words: what it computes with, or why it is not there. */
  readonly summary: string;
  /** What to do where something is missing. */
  readonly remedy?: string | undefined;
  /** Devices that this rank sees. Default: none. */
  readonly devices?: readonly DeviceReport[] | undefined;
  /** The index of the one that this rank uses. */
  readonly device?: number | undefined;
}
