import { fails, say, sayOnce } from '../mpi/life-cycle.js';
import { type EventFile, partsText } from './event-file.js';

/**
 * Writes what is in memory if the job ends early, and says where it is.
 *
 * @param untilExit whether the trace is stopped at an exit without errors
 * @returns the function that ends this
 */
export function guardEnd(part: EventFile, path: string, size: number, untilExit: boolean): () => void {
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    part.flush();
    const text =
      'lops-mpi: the job ends before its trace is complete; what there is of it: ' +
      `${partsText(path, size)}`;
    if (size > 1) sayOnce(text);
    else say(text);
  };
  const onExit = (code: number): void => {
    if (!untilExit || fails(code)) end();
  };
  // Several ranks end the job from here, without a later event
  const onError = (): void => {
    if (size > 1 && process.listenerCount('uncaughtException') === 0) end();
  };
  process.prependListener('uncaughtExceptionMonitor', onError);
  process.prependListener('exit', onExit);
  return () => {
    isOver = true;
    process.off('uncaughtExceptionMonitor', onError);
    process.off('exit', onExit);
  };
}
