/** A device that a backend can use. */
export interface DeviceReport {
  /** The number of the device in this backend. */
  readonly index: number;
  readonly name: string;
  readonly memoryBytes?: number | undefined;
  /** A UUID or a bus address. One device has the same id on all ranks and under all numbers. */
  readonly id?: string | undefined;
}

/** The state of a native addon, with a remedy if it cannot be used. */
export interface AddonReport {
  readonly name: string;
  readonly available: boolean;
  /** How the addon was built, or why it is missing. */
  readonly details: string;
  readonly remedy?: string | undefined;
}

/** The state of a backend on this rank, for `lops doctor`. */
export interface BackendReport {
  readonly available: boolean;
  /** In a few words: the kernels or devices that it uses, or why it is missing. */
  readonly summary: string;
  /** How to install what is missing. */
  readonly remedy?: string | undefined;
  /** The native addon that the backend needs or prefers. */
  readonly addon?: AddonReport | undefined;
  /** The devices that this rank can use; undefined if the backend uses none. */
  readonly devices?: readonly DeviceReport[] | undefined;
  /** The index of the device that this rank uses. */
  readonly device?: number | undefined;
}
