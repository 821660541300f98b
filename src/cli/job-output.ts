import type { Readable } from 'node:stream';

const RULE = '-'.repeat(74);
/** What Open MPI prints after the library has reported an error; the first lines of blocks. */
const NOISE = [/^MPI_ABORT was invoked on rank /, /^Primary job {2}terminated normally, but /];
const LOG_LINE = /^\[[^\]]*\] \[\[\d+,\d+\],\d+\] ORTE_ERROR_LOG: /;

/**
 * Copies the error output of a job to `write`, without what Open MPI prints about an error that the
 * library has reported: lines of its log, and blocks between two rulers of 74 dashes. The beginning
 * of any other line is passed on at once, so that progress bars move. Bytes that are not text stay
 * as they are.
 */
export function copyWithoutNoise(from: Readable, write: (text: string) => void): void {
  /**
   * Behind a ruler that was held back, since it may begin a block of noise; inside such a block.
   */
  let state: 'outside' | 'ruler' | 'noise' = 'outside';
  /** The beginning of a line that was held back. */
  let held = '';
  /** Whether the beginning of the line was passed on. */
  let begun = false;
  const pass = (line: string): void => {
    if (begun) return write(line);
    const text = line.trimEnd();
    if (LOG_LINE.test(text)) return;
    if (state === 'noise') {
      if (text === RULE) state = 'outside';
      return;
    }
    if (state === 'ruler') {
      if (NOISE.some((first) => first.test(text))) {
        state = 'noise';
        return;
      }
      write(`${RULE}\n`);
    }
    state = text === RULE ? 'ruler' : 'outside';
    if (state === 'outside') write(line);
  };
  const mayChange = (start: string): boolean => state !== 'outside' || /^[[-]/.test(start);
  from.setEncoding('latin1');
  from.on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() as string;
    for (const line of lines) {
      pass(`${line}\n`);
      begun = false;
    }
    if (held === '' || (!begun && mayChange(held))) return;
    begun = true;
    write(held);
    held = '';
  });
  from.on('end', () => {
    if (held !== '') pass(held);
    if (state === 'ruler') write(`${RULE}\n`);
  });
}
