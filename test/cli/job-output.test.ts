import { Readable } from 'node:stream';
import { expect } from 'chai';
import { copyWithoutNoise } from '../../src/cli/job-output.js';

const RULE = '-'.repeat(74);

/** What is left of the chunks of a job's error output. */
async function copied(...chunks: readonly string[]): Promise<string> {
  let text = '';
  const from = Readable.from(chunks.map((chunk) => Buffer.from(chunk, 'latin1')));
  copyWithoutNoise(from, (part) => {
    text += part;
  });
  await new Promise((done) => from.on('end', done));
  return text;
}

describe('the error output of a job', () => {
  it('lacks what Open MPI prints about an error that the library has reported', async () => {
    const noise = [
      '[vm:06406] [[30200,0],0] ORTE_ERROR_LOG: Data unpack would read past the end',
      RULE,
      'MPI_ABORT was invoked on rank 1 in communicator MPI_COMM_WORLD',
      'with errorcode 3.',
      '',
      RULE,
      RULE,
      'Primary job  terminated normally, but 1 process returned',
      'a non-zero exit code. Per user-direction, the job has been aborted.',
      RULE,
    ].join('\n');
    expect(await copied(`before\n${noise}\nafter\n`)).to.equal('before\nafter\n');
    // whatever the chunks are
    expect(await copied(...`before\n${noise}\nafter\n`)).to.equal('before\nafter\n');
  });

  it('keeps all other lines, blocks between rulers and bytes that are no text', async () => {
    const signal = `${RULE}\nmpiexec noticed that process rank 1 exited on signal 9 (Killed).\n${RULE}\n`;
    const other = `[1/5] step\n--flag\n\n${RULE}\n${RULE}\n\xff\x00\xe9\nno line break`;
    for (const text of [signal, other, `${signal}${other}`]) {
      expect(await copied(text)).to.equal(text);
      expect(await copied(...text)).to.equal(text);
    }
  });

  it('passes the beginning of a line on before its end', () => {
    const from = new Readable({ read: () => undefined });
    const parts: string[] = [];
    copyWithoutNoise(from, (part) => parts.push(part));
    from.emit('data', '\r 12 %');
    from.emit('data', '\r 13 %');
    expect(parts).to.deep.equal(['\r 12 %', '\r 13 %']);
  });
});
