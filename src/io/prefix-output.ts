import type { Writable } from 'node:stream';

/** Begins each line that is written to a stream with `prefix`. */
export function prefixLines(stream: Writable, prefix: string): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  let atStart = true;
  stream.write = ((chunk: unknown, ...rest: unknown[]): boolean => {
    const encoding = typeof rest[0] === 'string' ? (rest[0] as BufferEncoding) : 'utf8';
    const text = typeof chunk === 'string' ? Buffer.from(chunk, encoding).toString() : String(chunk);
    if (text === '') return write(chunk, ...rest);
    const lines = text.replace(/\n(?!$)/g, `\n${prefix}`);
    const line = atStart ? prefix + lines : lines;
    atStart = text.endsWith('\n');
    return write(line, ...rest.filter((argument) => typeof argument === 'function'));
  }) as typeof stream.write;
}
