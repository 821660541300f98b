import type { DevicePort } from './device-port.js';

/**
 * How messages leave and enter device memory. The backend of the device chooses it, for all ranks
 * alike; the message layer follows it.
 */
export interface DeviceTransport {
  readonly name: string;
  /** Why this one. */
  readonly reason: string;
  /** Whether the message layer reads and writes device memory itself. */
  readonly direct: boolean;
  /** Longer messages are sent in pieces of so many bytes. */
  readonly pieceBytes: number;
  /** A message layer of the devices, which takes the messages that it can. */
  readonly port?: DevicePort | undefined;
}

const UNUSED: DeviceTransport = {
  name: 'staged',
  reason: 'no device is in use',
  direct: false,
  pieceBytes: Number.POSITIVE_INFINITY,
};

let transport = UNUSED;

/** The transport of device memory in this process. */
export const deviceTransport = (): DeviceTransport => transport;

/** Sets the transport, which must be the same on all ranks; without an argument as at the start. */
export function setDeviceTransport(chosen: DeviceTransport = UNUSED): void {
  transport = chosen;
}
