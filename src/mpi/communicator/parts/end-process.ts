/** Ends a process of one rank, after a last message. */
export function endProcess(code: number, message?: string): never {
  if (message) process.stderr.write(`${message}\n`);
  return process.exit(code);
}
