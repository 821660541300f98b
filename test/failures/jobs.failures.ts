import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { closed, gone, started } from '../mpi/ended.js';
import { startRanks } from '../support/launch.js';

const RANK = fileURLToPath(new URL('./failing-rank.js', import.meta.url));
const RANKS = 3;
/** The largest number of seconds from the failure to the end of the job. */
const MOST = 10;

interface End {
  readonly code: number | null;
  /** The output of the ranks and the launcher. */
  readonly text: string;
  /** The lines that the library printed. */
  readonly said: readonly string[];
  readonly seconds: number;
}

interface Options {
  readonly where?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly node?: readonly string[];
  /**
   * Called when all ranks have reached their place, with their process IDs in the order of ranks.
   */
  readonly meanwhile?: (launcher: number, ranks: readonly number[]) => void | Promise<void>;
}

/** Runs a failing job until it ends. Checks that none of its processes remains. */
async function endOf(
  how: string,
  { where = 'blocked', env = {}, node = [], meanwhile }: Options = {},
): Promise<End> {
  const child = startRanks(RANKS, [...node, RANK, how, where], env);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (piece: Buffer) => {
      text += piece.toString();
    });
  }
  const end = closed(child);
  await started(child, RANKS);
  const pids = Array.from({ length: RANKS }, (_, r) =>
    Number(new RegExp(`rank ${r} is process (\\d+)`).exec(text)?.[1]),
  );
  if (meanwhile) {
    await pause(0.7);
    await meanwhile(child.pid as number, pids);
  }
  const begin = performance.now();
  const code = await end;
  const seconds = (performance.now() - begin) / 1000;
  expect(await gone(pids), 'processes are left').to.equal(true);
  expect(text).to.not.include('went on');
  return { code, text, said: text.match(/^lops-mpi: rank .*$/gm) ?? [], seconds };
}

const pause = (seconds: number): Promise<void> => new Promise((done) => setTimeout(done, 1000 * seconds));

function check(
  { code, text, said, seconds }: End,
  expected: { readonly code?: number; readonly text?: RegExp; readonly once?: RegExp },
): void {
  if (expected.code === undefined) expect(code, text).to.not.equal(0);
  else expect(code, text).to.equal(expected.code);
  expect(seconds, text).to.be.lessThan(MOST);
  if (expected.text) expect(text).to.match(expected.text);
  if (expected.once) {
    expect(said, text).to.have.length(1);
    expect(said[0]).to.match(expected.once);
  }
}

describe('a failure of one rank ends the job', function () {
  this.timeout(60_000);
  const who = 'rank 1 of 3 \\(.*, process \\d+\\)';

  for (const [how, where, code, once, text] of [
    ['throw', 'blocked', 1, /: uncaught error, the job is aborted/, /RangeError: the reason/],
    ['throw', 'solving', 1, /: uncaught error, the job is aborted/, /RangeError: the reason/],
    ['throw', 'idle', 1, /: uncaught error, the job is aborted/, /RangeError: the reason/],
    ['reject', 'solving', 1, /: uncaught error, the job is aborted/, /RangeError: the reason/],
    ['exit', 'blocked', 3, /: exits with code 3, the job is aborted/, undefined],
    ['exit', 'idle', 3, /: exits with code 3, the job is aborted/, undefined],
    ['abort', 'blocked', 134, /: Node\.js ended itself \(SIGABRT\)/, undefined],
    [
      'no array',
      'solving',
      1,
      /: uncaught error, the job is aborted/,
      /RangeError: Array buffer allocation failed/,
    ],
  ] as const) {
    it(`${how}, the others ${where}`, async () => {
      check(await endOf(how, { where }), {
        code,
        once: new RegExp(`${who}${once.source}`),
        ...(text ? { text } : {}),
      });
    });
  }

  it('no memory for objects', async () => {
    const end = await endOf('no heap', { node: ['--max-old-space-size=64'] });
    check(end, {
      code: 134,
      text: /JavaScript heap out of memory/,
      once: new RegExp(`${who}: Node\\.js ended itself .*heap out of memory`),
    });
  });

  for (const where of ['blocked', 'solving', 'idle']) {
    // the launcher prints which rank was killed
    it(`killed, the others ${where}`, async () => {
      check(await endOf('kill', { where }), {
        text: /rank 1\b[\s\S]*signal 9|PID \d+[\s\S]*KILLED|EXIT CODE: 9/,
      });
    });
  }
});

describe('signals', function () {
  this.timeout(60_000);

  for (const where of ['blocked', 'solving', 'idle']) {
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const) {
      it(`${signal} to one rank, which is ${where}`, async () => {
        const end = await endOf('nothing', {
          where,
          meanwhile: (_, ranks) => void process.kill(ranks[1] as number, signal),
        });
        check(end, { code, once: new RegExp(`rank 1 of 3 .*: received ${signal}, the job is aborted`) });
      });
      it(`${signal} to the launcher, all ${where}`, async () => {
        const end = await endOf('nothing', {
          where,
          meanwhile: (launcher) => void process.kill(launcher, signal),
        });
        check(end, { once: /rank \d of 3 .*: received SIG(TERM|INT) from its launcher, the job ends/ });
      });
    }
  }

  it('a signal that a solver expects stops the solver alone; a second one ends the job', async () => {
    const end = await endOf('caught signals', {
      meanwhile: async (_, ranks) => {
        process.kill(ranks[1] as number, 'SIGTERM');
        await pause(2.5);
        process.kill(ranks[1] as number, 0);
        process.kill(ranks[1] as number, 'SIGTERM');
      },
    });
    check(end, { code: 143, once: /rank 1 of 3 .*: received SIGTERM, the job is aborted/ });
  });
});

describe('LOPS_TIMEOUT names each rank and the call in which it waits', function () {
  this.timeout(60_000);
  const run = (how: string): Promise<End> => endOf(how, { env: { LOPS_TIMEOUT: '2' } });
  const once = /has waited longer than LOPS_TIMEOUT \(2 s\), the job is aborted/;
  const source = '\\S*failing-rank\\.ts:\\d+:\\d+';

  it('a receive without a send', async () => {
    const end = await run('no send');
    check(end, { code: 124, once });
    expect(end.text).to.match(
      new RegExp(`ranks 0, 2: waiting for up to \\d\\.\\d s in barrier at ${source}`),
    );
    expect(end.text).to.match(
      new RegExp(`rank 1: waiting for \\d\\.\\d s in recv of 1 float64 from rank 0 \\(tag 7\\) at ${source}`),
    );
  });

  it('a rank that computes', async () => {
    const end = await run('waits for one that computes');
    check(end, { code: 124, once });
    expect(end.text).to.match(
      new RegExp(`rank 1: computing for \\d\\.\\d s; the last call was barrier at ${source}`),
    );
  });

  it('a rank in its event loop', async () => {
    const end = await run('waits for one that awaits');
    check(end, { code: 124, once });
    expect(end.text).to.match(/rank 1: in the event loop/);
  });

  it('requests', async () => {
    const end = await run('waits for a request');
    check(end, { code: 124, once });
    expect(end.text).to.match(
      new RegExp(
        `rank 2: waiting for \\d\\.\\d s in wait at ${source} .* for irecv of 1 float64 from rank 0 ` +
          `\\(tag 5\\) at ${source}`,
      ),
    );
  });

  it('the end of the program', async () => {
    const end = await run('end too early');
    check(end, { code: 124, once });
    expect(end.text).to.match(/rank 1: waiting for \d\.\d s in the end of the program/);
  });

  it('a signal says what the rank did', async () => {
    const end = await endOf('nothing', {
      env: { LOPS_TIMEOUT: '60' },
      meanwhile: (_, ranks) => void process.kill(ranks[1] as number, 'SIGTERM'),
    });
    check(end, {
      code: 143,
      once: new RegExp(
        `received SIGTERM, the job is aborted: waiting for \\d+\\.\\d s in allreduce \\(sum\\) of 1 ` +
          `float64 at ${source}`,
      ),
    });
  });
});

describe('LOPS_DEBUG=1 names the rank with the call that differs', function () {
  this.timeout(60_000);
  const at = ' at \\S*failing-rank\\.ts:\\d+:\\d+ \\(\\S+\\)';
  const both = (others: string, its: string): RegExp =>
    new RegExp(`ranks 0, 2: ${others}${at}\\n +rank 1: ${its}${at}`);

  for (const [how, text] of [
    ['other size', both('allreduce \\(sum\\) of 4 float64', 'allreduce \\(sum\\) of 3 float64')],
    ['other operation', both('allreduce \\(sum\\) of 1 float64', 'allreduce \\(max\\) of 1 float64')],
    ['other dtype', both('bcast of 2 float64 with root 0', 'bcast of 2 float32 with root 0')],
    ['other root', both('bcast of 1 float64 with root 0', 'bcast of 1 float64 with root 1')],
    ['other call', both('allreduce \\(sum\\) of 1 float64', 'barrier')],
    [
      'other shape',
      both(
        'DistributedArray\\.zeros: SCATTER float64 \\[10, 3\\] .*',
        'DistributedArray\\.zeros: SCATTER float64 \\[11, 3\\] .*',
      ),
    ],
    [
      'other parts',
      both(
        'reduceScatter \\(sum\\) of \\[2 1 1\\] float64',
        'reduceScatter \\(sum\\) of \\[1 1 2\\] float64',
      ),
    ],
    [
      'other counts',
      /what ranks send is not what others expect, in alltoallv:[\s\S]*rank 1: expects 2 elements from rank 0, which sends 1/,
    ],
    [
      'other plans',
      /what ranks send is not what others expect, in exchange[\s\S]*rank 1: expects 8 elements from rank 0, which sends 4/,
    ],
  ] as const) {
    it(how, async () => {
      check(await endOf(how, { env: { LOPS_DEBUG: '1' } }), { code: 1, text, once: /uncaught error/ });
    });
  }

  it('a rank that ends too early', async () => {
    const end = await endOf('end too early', { env: { LOPS_DEBUG: '1' } });
    check(end, {
      text: new RegExp(
        `ranks 0, 2: allreduce \\(sum\\) of 1 float64${at}\\n +rank 1: the end of the program`,
      ),
      once: /lops-mpi: rank/,
    });
  });
});
