import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { chromium, domOf } from '../support/chromium.js';
import { EventStream } from '../support/event-stream.js';
import { startRanks } from '../support/launch.js';
import { skip } from '../support/skip.js';

const PROGRAM = fileURLToPath(new URL('../support/fixtures/watched.js', import.meta.url));

/** A program with a watch that has been started, and its end. */
interface Started {
  readonly child: ChildProcess;
  readonly address: string;
  readonly ended: Promise<{ readonly code: number | null; readonly stderr: string }>;
}

async function start(ranks: number, how: string): Promise<Started> {
  const child = startRanks(ranks, [PROGRAM, how]);
  let stderr = '';
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stderr })),
  );
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const [found] = /http:\S+/.exec(stderr) ?? [];
      if (found) resolve(found);
    });
    void ended.then(() => reject(new Error(`no address: ${stderr}`)));
  });
  return { child, address, ended };
}

describe('the page of a watched program', function () {
  this.timeout(90_000);

  for (const ranks of [1, 2])
    for (const { how, code, text, failed } of [
      { how: 'end', code: 0, text: /^The run has ended\.$/, failed: false },
      { how: 'stop', code: 0, text: /^The run has ended\.$/, failed: false },
      { how: 'exit', code: 3, text: /^The run ended with exit code 3\.$/, failed: true },
      { how: 'throw', code: 1, text: /^The run failed: went <wrong>$/, failed: true },
    ].filter((one) => ranks === 1 || one.how === 'throw'))
      it(`says how it ended, and ends with it: ${how} on ${ranks}`, async () => {
        const run = await start(ranks, how);
        const page = await EventStream.open(run.address);
        await page.until(() => false);
        const { code: exit, stderr } = await run.ended;
        expect(exit, stderr).to.equal(code);
        expect(stderr.match(/http:/g)).to.have.length(1);
        const end = page.of('end');
        expect(end).to.have.length(1);
        expect(end[0]?.['text']).to.match(text);
        expect(end[0]?.['failed']).to.equal(failed);
        expect(page.of('points').flatMap((event) => event['iterations'])).to.have.length(31);
      });

  it('loses the connection if the run is interrupted; pages that leave end no run', async () => {
    const run = await start(1, 'never');
    const first = await EventStream.open(run.address);
    await first.until(() => first.of('run').length > 3);
    first.close();
    const second = await EventStream.open(run.address);
    await second.until(() => second.of('run').length > 10);
    expect(second.of('slice').length).to.be.at.least(1);
    run.child.kill('SIGINT');
    await second.until(() => false);
    expect(second.of('end')).to.deep.equal([]);
    await run.ended;
  });

  it('is drawn by a browser', async function () {
    if (!chromium) return skip(this, 'no Chromium on the PATH');
    const run = await start(2, 'end');
    const dom = await domOf(run.address, ['--virtual-time-budget=3000']);
    expect((await run.ended).code).to.equal(0);
    const textOf = (id: string): string | undefined => new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(dom)?.[1];
    expect(textOf('status')).to.equal('The run has ended.');
    expect(textOf('solver')).to.equal('cgls');
    expect(textOf('iteration')).to.equal('30 of at most 30');
    expect(textOf('cost')).to.match(/^\d/);
    expect(textOf('time')).to.match(/^\d.* s$/);
    expect(textOf('slice-text')).to.match(/^cgls, iteration \d+$/);
    expect(dom).to.match(/<svg id="history"[^>]*>.*<path class="curve" d="M[\d.]+ [\d.]+L/s);
    expect(dom).to.match(/<canvas id="image" width="\d+" height="320"/);
    expect(dom).to.include('A &lt;run&gt;').and.include('<td>a &amp; b</td>');
  });
});
