import { execFileSync, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { writeHistory } from '../../src/cli/solver-log.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { setDefaultBackend } from '../../src/core/ports/defaults.js';
import { CpuBackend } from '../../src/cpu/index.js';
import { readNpy, readNpz, writeNpy } from '../../src/io/index.js';
import { temporaryName } from '../../src/io/output.js';
import { Figure, linePlot } from '../../src/plotting/index.js';

const WRITER = fileURLToPath(new URL('./writer-process.js', import.meta.url));

describe('writing files', function () {
  this.timeout(30_000);
  let folder = '';
  before(() => setDefaultBackend(new CpuBackend()));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'output-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const place = (name: string) => join(folder, name);

  it('a pipe with a reader gets the whole file, and stays a pipe', async () => {
    for (const kind of ['npy', 'npz']) {
      const pipe = place(`pipe.${kind}`);
      execFileSync('mkfifo', [pipe]);
      const reader = spawn('sh', ['-c', `exec cat "${pipe}" > "${place(`copy.${kind}`)}"`]);
      const writer = spawn(process.execPath, [WRITER, kind, pipe, '30000']);
      const codes = await Promise.all(
        [reader, writer].map((child) => new Promise((done) => child.on('close', done))),
      );
      expect(codes).to.deep.equal([0, 0]);
    }
    const expected = Float64Array.from({ length: 30_000 }, (_, i) => i);
    expect(readNpy(place('copy.npy')).toHost()).to.deep.equal(expected);
    expect(readNpz(place('copy.npz')).get('x')?.read().toHost()).to.deep.equal(expected);
  });

  it('a full disk gives an error that names the file, the old file stays, nothing is left', () => {
    for (const kind of ['npy', 'npz', 'npyDistributed', 'segy', 'zarr', 'png', 'history']) {
      const path = place(kind === 'history' ? 'h.csv' : `x.${kind}`);
      if (kind !== 'zarr') writeFileSync(path, 'old');
      const before = readdirSync(folder);
      // the limit of 8 blocks of 512 bytes per file simulates a full disk
      const command = 'ulimit -f 8; exec "$@"';
      const run = () =>
        execFileSync('sh', ['-c', command, 'sh', process.execPath, WRITER, kind, path, '30000'], {
          encoding: 'utf8',
        });
      const output = run();
      expect(output, kind).to.match(/^ArgumentError: could not write .*: EFBIG/);
      expect(output, kind).to.include(path);
      if (kind !== 'zarr') expect(readFileSync(path, 'utf8'), kind).to.equal('old');
      expect(readdirSync(folder), kind).to.deep.equal(before);
    }
  });

  it('files of ended writers are removed after a day, others with such a name stay', () => {
    const day = 24 * 3600;
    const old = Date.now() / 1000 - 2 * day;
    const [left, young, others, array] = [
      temporaryName(place('x.npy'), 'tmp'),
      temporaryName(place('y.npy'), 'tmp'),
      place('mine.tmp'),
      temporaryName(place('x.zarr'), 'tmp'),
    ] as [string, string, string, string];
    for (const path of [left, young, others]) writeFileSync(path, '');
    mkdirSync(array);
    writeFileSync(join(array, 'c'), '');
    utimesSync(array, old, old);
    for (const path of [left, others]) utimesSync(path, old, old);
    const kept = [young, others, array, place('x.npy')].map((path) => path.slice(folder.length + 1));
    writeNpy(place('x.npy'), NDArray.ones([3]));
    // the folder of the array is old, but a file in it is new
    expect(readdirSync(folder).sort()).to.deep.equal(kept.sort());
  });

  it('figures and histories follow links, and are replaced as a whole', () => {
    const figure = new Figure().add(linePlot([{ y: [1, 2, 3] }]));
    for (const [name, write] of [
      ['f.png', (path: string) => figure.writePng(path)],
      ['f.svg', (path: string) => figure.writeSvg(path)],
      ['h.csv', (path: string) => writeHistory(path, { cost: [3, 2, 1] })],
      ['h.json', (path: string) => writeHistory(path, { cost: [3, 2, 1] })],
    ] as const) {
      mkdirSync(place('real'), { recursive: true });
      symlinkSync(join('real', name), place(name));
      write(place(name));
      expect(readFileSync(join(folder, 'real', name)).length, name).to.be.above(10);
      expect(() => write('s3://bucket/f.csv'), name).to.throw(
        ArgumentError,
        name.startsWith('h.json') ? /./ : /URL/,
      );
    }
    expect(readdirSync(folder).sort()).to.deep.equal(['f.png', 'f.svg', 'h.csv', 'h.json', 'real']);
    expect(readdirSync(place('real')).sort()).to.deep.equal(['f.png', 'f.svg', 'h.csv', 'h.json']);
  });
});
