import { type ChildProcess, spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { lockFolder, unlockFolder } from '../../src/io/checkpoint/parts/folder-lock.js';

const PROCESS = fileURLToPath(new URL('./lock-process.js', import.meta.url));

describe('the lock of a folder', function () {
  this.timeout(60_000);
  let folder = '';
  let children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lock-'));
    children = [];
  });
  afterEach(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const file = () => join(folder, 'lock');
  /** Starts a process that acquires the lock. Returns the process and its first output. */
  async function start(hold = 60_000): Promise<readonly [child: ChildProcess, says: string]> {
    const child = spawn(process.execPath, [PROCESS, folder, `${hold}`]);
    children.push(child);
    const says = await new Promise<string>((done) =>
      child.stdout?.on('data', (text) => done(String(text).trim())),
    );
    return [child, says];
  }
  const ended = (child: ChildProcess) => new Promise((done) => child.on('close', done));
  const take = (silence?: number) => {
    const holder = {};
    const lock = lockFolder(folder, holder, silence);
    return { lock, free: () => unlockFolder(lock, holder) };
  };
  /** Changes the lock file so that the owner is a process of another machine. */
  const elsewhere = (changes: object = {}) =>
    writeFileSync(
      file(),
      JSON.stringify({
        ...JSON.parse(readFileSync(file(), 'utf8')),
        host: 'n17',
        machine: 'n17 other',
        ...changes,
      }),
    );

  it('belongs to one process, which the refusal names, and is removed with its last holder', async () => {
    const first = take();
    const second = take();
    expect(second.lock.id).to.equal(first.lock.id);
    const [, refused] = await start();
    expect(refused).to.include(
      `ArgumentError: it is in use by process ${process.pid} on ${hostname()}, since`,
    );
    first.free();
    expect((await start())[1]).to.match(/in use by/);
    second.free();
    expect(readdirSync(folder)).to.deep.equal([]);
    const [child, held] = await start(100);
    expect(held).to.equal('held');
    expect(await ended(child)).to.equal(0);
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('is the same for links to a folder', () => {
    const one = take();
    const link = join(folder, 'link');
    symlinkSync('.', link);
    const holder = {};
    const other = lockFolder(link, holder);
    expect(other.id).to.equal(one.lock.id);
    unlockFolder(other, holder);
    one.free();
  });

  it('is refused where a link that leads nowhere is in its place', () => {
    symlinkSync(join(folder, 'nothing'), file());
    expect(() => take()).to.throw(ArgumentError, 'could not be taken');
  });
  it('is not held by a process that was killed, nor by one that has its number since', async () => {
    const [child, held] = await start();
    expect(held).to.equal('held');
    const { id } = JSON.parse(readFileSync(file(), 'utf8'));
    expect(() => take()).to.throw(ArgumentError, `in use by process ${child.pid}`);
    child.kill('SIGKILL');
    await ended(child);
    const began = performance.now();
    const { lock, free } = take();
    expect(lock.dead).to.deep.equal([id]);
    writeFileSync(
      file(),
      JSON.stringify({ ...JSON.parse(readFileSync(file(), 'utf8')), id: 'f'.repeat(32), started: '1' }),
    );
    free();
    const [other, again] = await start(50);
    expect(again).to.equal('held');
    await ended(other);
    expect(performance.now() - began).to.be.below(10_000);
  });

  it('is not held by a process on another node that is silent, but by one that is not', async () => {
    const [child] = await start();
    // the owner continues to refresh its own lock
    elsewhere();
    expect(() => take(6000)).to.throw(ArgumentError, /in use by process \d+ on n17/);
    child.kill('SIGKILL');
    await ended(child);
    const began = performance.now();
    const { lock, free } = take(800);
    expect(performance.now() - began).to.be.within(700, 5000);
    expect(lock.dead).to.have.length(1);
    free();
    // files that are damaged or were not written completely
    for (const text of ['', '{"id":', '{"id":7}', '[]', 'null']) {
      writeFileSync(file(), text);
      take(200).free();
      expect(existsSync(file())).to.equal(false);
    }
  });

  it('throws in a process that has lost it', async () => {
    const { free } = take();
    const old = Date.now() / 1000 - 3600;
    elsewhere({ id: 'e'.repeat(32), pid: 77 });
    utimesSync(file(), old, old);
    expect(() => take()).to.throw(ArgumentError, /was taken over by process 77 on n17/);
    free();
    // the lock no longer belongs to this process
    expect(existsSync(file())).to.equal(true);
  });

  it('is taken by one of several processes that find it stale at once', async () => {
    const [child] = await start();
    child.kill('SIGKILL');
    await ended(child);
    const all = await Promise.all(Array.from({ length: 4 }, () => start()));
    expect(all.filter(([, says]) => says === 'held')).to.have.length(1);
    expect(all.filter(([, says]) => says.includes('in use by'))).to.have.length(3);
    expect(readdirSync(folder)).to.deep.equal(['lock']);
  });
});
