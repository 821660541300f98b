import type { ChildProcess } from 'node:child_process';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** The process IDs in the output of ranks, which print 'is process N'. */
export const pidsIn = (text: string): number[] =>
  [...text.matchAll(/is process (\d+)/g)].map((m) => Number(m[1]));
/** Resolves to true when none of the processes runs any more, or to false after 5 s. */
export async function gone(pids: readonly number[]): Promise<boolean> {
  for (const end = Date.now() + 5000; pids.some(isAlive) && Date.now() < end; )
    await new Promise((r) => setTimeout(r, 50));
  return !pids.some(isAlive);
}

/** The process IDs of a launch, when this number of ranks has printed 'is process N'. */
export function started(child: ChildProcess, ranks: number): Promise<number[]> {
  let [text, said] = ['', ''];
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (pidsIn(text).length === ranks) resolve(pidsIn(text));
    });
    child.on('close', () => reject(new Error(`ended too early: ${text}${said}`)));
  });
}

/** The exit code, when the process has ended and its pipes are closed. */
export const closed = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null
      ? child.on('close', resolve)
      : resolve(child.exitCode),
  );
