import type { ChildProcess } from 'node:child_process';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** What ranks print that say 'is process N'. */
export const pidsIn = (text: string): number[] =>
  [...text.matchAll(/is process (\d+)/g)].map((m) => Number(m[1]));
/** True once none of them lives any more, within 5 s. */
export async function gone(pids: readonly number[]): Promise<boolean> {
  for (const end = Date.now() + 5000; pids.some(isAlive) && Date.now() < end; )
    await new Promise((r) => setTimeout(r, 50));
  return !pids.some(isAlive);
}

/** The processes of a launch, once so many ranks have said 'is process N'. */
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

/** The exit code, once a process has ended and its pipes are closed. */
export const closed = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) =>
    child.exitCode === null && child.signalCode === null
      ? child.on('close', resolve)
      : resolve(child.exitCode),
  );
