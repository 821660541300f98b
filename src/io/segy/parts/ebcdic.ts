import { ArgumentError } from '../../../core/base/errors.js';

/** Code page 037 from 0x40 on, in Unicode. Lower codes and control characters are blanks. */
const FROM_40 =
  '  âäàáãåçñ¢.<(+|&éêëèíîïìß!$*);¬-/ÂÄÀÁÃÅÇÑ¦,%_>?øÉÊËÈÍÎÏÌ`:#@\'="' +
  'Øabcdefghi«»ðýþ±°jklmnopqrªºæ¸Æ¤µ~stuvwxyz¡¿ÐÝÞ®^£¥·©§¶¼½¾[]¯¨´×' +
  '{ABCDEFGHI ôöòóõ}JKLMNOPQR¹ûüùúÿ\\÷STUVWXYZ²ÔÖÒÓÕ0123456789³ÛÜÙÚ ';

const BLANK = 0x40;
const CODES = new Map([...FROM_40].map((character, k) => [character, k + BLANK] as const).reverse());

/** Decodes text in EBCDIC (code page 037). */
export const fromEbcdic = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => FROM_40[b - BLANK] ?? ' ').join('');

/**
 * Encodes text in EBCDIC (code page 037).
 *
 * @throws {@link ArgumentError} for characters that the code page does not have
 */
export function toEbcdic(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const code = CODES.get(character);
    if (code === undefined)
      throw new ArgumentError(`${JSON.stringify(character)} has no place in EBCDIC (code page 037)`);
    return code;
  });
}
