import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { currentLogger, type Logger, log, setLogger } from '../../src/core/base/log.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { type ArrowEnd, CallEvents } from '../../src/tracing/call-events.js';
import { observeLog } from '../../src/tracing/observe-log.js';
import { rankEnvironment, runRanks } from '../support/launch.js';

const LOPS = fileURLToPath(new URL('../../src/cli/lops.js', import.meta.url));
const INDEX = new URL('../../src/index.js', import.meta.url).href;

/** A program that sends, and ends in a way that its argument names. */
const PROGRAM = `import { mkdirSync } from 'node:fs';
import { COMM_WORLD as W, DistributedArray, MPIFirstDerivative } from '${INDEX}';
const D = new MPIFirstDerivative([24, 4]);
D.matvec(DistributedArray.random([24, 4], { seed: 0 })).norm();
W.barrier();
const how = process.argv[2];
if (how === 'throw' && W.rank === W.size - 1) throw new Error('on purpose');
if (how === 'exit' && W.rank === W.size - 1) process.exit(3);
if (how === 'wait') { console.log('waiting'); setInterval(() => W.barrier(), 1); }
if (how === 'deadlock') {
  if (W.rank === 0) W.allreduce(new Float64Array(3), 'max');
  W.recv(new Float64Array(1), (W.rank + 1) % W.size);
}
if (how === 'folder') {
  W.barrier();
  if (W.rank === 0) mkdirSync(process.argv[3]);
  W.barrier();
  process.exit(3);
}
if (how === 'variable') console.log(String(process.env.LOPS_TRACE));
`;

interface TraceFile {
  readonly traceEvents: readonly { readonly name: string; readonly pid: number }[];
  readonly otherData: { readonly complete: boolean };
}

describe('lops run --trace', function () {
  this.timeout(60_000);
  let folder: string;
  let script: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lops-trace-'));
    script = join(folder, 'program.mjs');
    path = join(folder, 'trace.json');
    writeFileSync(script, PROGRAM);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (ranks: number, how: string, env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [LOPS, 'run', '-n', String(ranks), '--trace', path, script, how, path], {
      encoding: 'utf8',
      env: { ...rankEnvironment(), ...env },
    });
  const read = (): TraceFile => JSON.parse(readFileSync(path, 'utf8')) as TraceFile;
  const ranksWith = (name: string): number[] => [
    ...new Set(read().traceEvents.flatMap((event) => (event.name === name ? [event.pid] : []))),
  ];

  for (const ranks of [1, 2, 4])
    it(`writes the trace of a script on ${ranks} ranks`, () => {
      const { status, stderr } = run(ranks, 'well');
      expect(status, stderr).to.equal(0);
      expect(stderr).to.not.match(/trace/);
      const all = Array.from({ length: ranks }, (_, rank) => rank);
      for (const name of ['MPIFirstDerivative.matvec', 'stencil', 'barrier'])
        expect(ranksWith(name), name).to.deep.equal(all);
      expect(read().otherData.complete).to.equal(true);
      expect(readdirSync(folder).sort()).to.deep.equal(['program.mjs', 'trace.json']);
    });

  for (const [how, code] of [
    ['throw', 1],
    ['exit', 3],
  ] as const)
    it(`of a job that ends by ${how} has what the ranks had written`, () => {
      const alone = run(1, how);
      expect(alone.status, alone.stderr).to.equal(code);
      expect(read().otherData.complete).to.equal(true);
      const { status, stderr } = run(2, how);
      expect(status, stderr).to.equal(code);
      expect(stderr.match(/the job ends before its trace is complete/g)).to.have.length(1);
      expect(stderr).to.match(/lops run: the job ended early; .*trace\.json has what ranks 0, 1 had written/);
      expect(read().otherData.complete).to.equal(false);
      // the failing rank writes all that it has
      expect(ranksWith('barrier')).to.include(1);
      expect(readdirSync(folder).sort()).to.deep.equal(['program.mjs', 'trace.json']);
    });

  it('of ranks that wait for each other has the calls before', async () => {
    // Long enough for the start of all ranks on a busy machine
    const env = { LOPS_TIMEOUT: '5' };
    const alone = await runRanks(2, [script, 'deadlock'], { env: { ...env, LOPS_TRACE: path } });
    expect(alone.code, alone.stderr).to.equal(124);
    for (const rank of [0, 1]) {
      const part = readFileSync(`${path}.rank${rank}.json`, 'utf8');
      const events = JSON.parse(`${part.trimEnd().replace(/,$/, '')}]`) as { name: string; ph: string }[];
      expect(events.filter(({ ph }) => ph === 'X').at(-1)?.name).to.equal('barrier');
    }
    const { status, stderr } = run(2, 'deadlock', env);
    expect(status, stderr).to.equal(124);
    expect(stderr).to.match(/trace\.json has what ranks 0, 1 had written/);
    for (const name of ['MPIFirstDerivative.matvec', 'barrier'])
      expect(ranksWith(name), name).to.deep.equal([0, 1]);
  });

  it('that cannot be joined or cleared is named in a line', () => {
    const failed = run(2, 'folder');
    expect(failed.status, failed.stderr).to.equal(3);
    expect(failed.stderr)
      .to.match(/^lops run: .*trace\.json is a folder.*$/m)
      .and.not.match(/^ +at /m);
    expect(existsSync(`${path}.rank1.json`)).to.equal(true);
    rmSync(path, { recursive: true });
    rmSync(`${path}.rank1.json`);
    mkdirSync(`${path}.rank1.json`);
    const refused = run(2, 'well');
    expect(refused.status).to.equal(1);
    expect(refused.stderr).to.match(/^lops: could not write .*trace\.json\.rank1\.json: .*\n$/);
  });

  it('of a job that a signal ends is a trace too', async () => {
    const child = spawn(process.execPath, [LOPS, 'run', '-n', '2', '--trace', path, script, 'wait'], {
      env: rankEnvironment(),
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    // events are written every half second
    child.stdout.once('data', () => setTimeout(() => child.kill('SIGTERM'), 1500));
    const code = await new Promise((done) => child.on('close', done));
    expect(code, stderr).to.equal(143);
    expect(stderr).to.match(/trace\.json has what ranks 0, 1 had written/);
    expect(ranksWith('barrier')).to.deep.equal([0, 1]);
  });

  it('LOPS_TRACE does the same under any launcher, and is not passed on to child processes', async () => {
    const well = await runRanks(2, [script, 'variable'], { env: { LOPS_TRACE: path } });
    expect(well.code, well.stderr).to.equal(0);
    expect(well.stdout).to.equal('undefined\nundefined\n');
    expect(ranksWith('stencil')).to.deep.equal([0, 1]);
    rmSync(path);
    const failed = await runRanks(2, [script, 'throw'], { env: { LOPS_TRACE: path } });
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.match(/what there is of it: .*trace\.json\.rank0\.json to …rank1\.json/);
    expect(existsSync(path)).to.equal(false);
    // each is a trace, whose end the viewers do not need
    const part = readFileSync(`${path}.rank1.json`, 'utf8');
    expect(JSON.parse(`${part.trimEnd().replace(/,$/, '')}]`)).to.have.length.above(3);
    // the next job removes them
    expect((await runRanks(2, [script, 'well'], { env: { LOPS_TRACE: path } })).code).to.equal(0);
    expect(readdirSync(folder).sort()).to.deep.equal(['program.mjs', 'trace.json']);
  });

  it('a file that cannot be written ends the job at its start, and is named', () => {
    path = join(script, 'trace.json');
    for (const ranks of [1, 2]) {
      const { status, stderr } = run(ranks, 'well');
      expect(status).to.equal(1);
      expect(stderr).to.match(/ArgumentError: could not write .*program\.mjs\/trace\.json/);
    }
  });
});

describe('the arrows of a trace', () => {
  it('are of the first 16,384 tags', () => {
    const comm = { rank: 0, size: 2 } as Communicator;
    const events = new CallEvents(comm);
    const memory = new Int32Array(1);
    const arrowsOf = (tag: number): readonly ArrowEnd[] =>
      events.describe(
        {
          kind: 'communication',
          name: 'send',
          self: comm,
          args: [memory, 1, tag],
          proceed: () => undefined,
        },
        'message',
        undefined,
      ).arrows;
    const drawn = Array.from({ length: 20_000 }, (_, tag) => arrowsOf(tag).length);
    expect(drawn.lastIndexOf(1)).to.equal(16_383);
    expect(drawn.indexOf(0)).to.equal(16_384);
    expect(arrowsOf(5)).to.deep.equal([{ isSent: true, id: '0-1-5-1' }]);
    expect(arrowsOf(19_000)).to.deep.equal([]);
  });
});

describe('observers of the log', () => {
  const before = currentLogger();
  afterEach(() => setLogger(before));

  it('end in any order, and leave the logger of the program', () => {
    const written: string[] = [];
    const own: Logger = { level: 'warn', write: (_, message) => written.push(message) };
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      setLogger(own);
      const seen: string[][] = [[], []];
      const ends = seen.map((list) => observeLog((message) => list.push(message)));
      log('debug', 'a');
      ends[order[0] as number]?.();
      log('warn', 'b');
      ends[order[1] as number]?.();
      expect(currentLogger()).to.equal(own);
      log('debug', 'c');
      expect(seen[order[0] as number]).to.deep.equal(['a']);
      expect(seen[order[1] as number]).to.deep.equal(['a', 'b']);
    }
    expect(written).to.deep.equal(['b', 'b']);
  });
});
