import { MpiError } from '../../../core/base/errors.js';
import { textOf } from '../../../core/base/text-of.js';

/** The reason why object collectives cannot send a value. */
export const reasonOf = (value: unknown): string => `${textOf(value)}: expected what structuredClone() takes`;

/** The error of an object collective, on every rank. */
export const cannotSend = (call: string, rank: number, reason: string): MpiError =>
  new MpiError(`${call}: the value of rank ${rank} can't be sent: ${reason}`);
