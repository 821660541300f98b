import type { DevicePort } from './device-port.js';

/**
 * The path of messages into and out of device memory. The backend of the device chooses it, the
 * same for all ranks. The message layer uses it.
 */
export interface DeviceTransport {
  readonly name: string;
  /** Why this transport was chosen. */
  readonly reason: string;
  /** Whether the message layer reads and writes device memory itself. */
  readonly direct: boolean;
  /** The size in bytes of the pieces in which longer messages are sent. */
  readonly pieceBytes: number;
  /** A message layer of the devices, which sends the messages that it supports. */
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

/**
 * Sets the transport, which must be the same on all ranks. Without an argument, resets it to that
 * of a process without a device.
 */
export function setDeviceTransport(chosen: DeviceTransport = UNUSED): void {
  transport = chosen;
}
