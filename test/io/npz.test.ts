import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { zipSync } from 'fflate';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { readNpy, writeNpy } from '../../src/io/npy/npy.js';
import { type NpzEntry, readNpz, writeNpz } from '../../src/io/npy/npz.js';
import { writeFileAtomically } from '../../src/io/output.js';
import { crc32OfTable } from '../../src/io/parts/crc32.js';
import { zipWriter } from '../../src/io/parts/zip.js';
import { numbered, onEveryBackend } from '../core/arrays.js';
import { skip } from '../support/skip.js';

onEveryBackend('.npz', (backend) => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'npz-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const path = () => join(folder, 'x.npz');
  const entry = (name: string) => readNpz(path()).get(name) as NpzEntry;

  it('is read as it was written, stored and deflated', () => {
    const arrays = new Map(backend().dtypes.map((dtype) => [`of ${dtype}`, numbered([40, 50], dtype)]));
    arrays.set('größe', NDArray.array(3)).set('none', NDArray.zeros([0, 2]));
    for (const compress of [false, true]) {
      writeNpz(path(), arrays, { compress });
      const entries = readNpz(path());
      expect([...entries.keys()]).to.deep.equal([...arrays.keys()]);
      for (const [name, x] of arrays) {
        expect(entries.get(name)?.header().shape).to.deep.equal(x.shape);
        const y = (entries.get(name) as NpzEntry).read();
        expect(y.dtype).to.equal(x.dtype);
        expect(y.toHost()).to.deep.equal(x.toHost());
      }
    }
    writeNpz(path(), { a: NDArray.ones([3]) });
    expect(entry('a').read({ dtype: 'float32' }).toHost()).to.deep.equal(Float32Array.of(1, 1, 1));
    expect(readNpz(path()).get('b')).to.equal(undefined);
  });
  it('reads archives of another writer, and ignores other members', () => {
    const x = NDArray.arange(20_000);
    writeNpy(join(folder, 'a.npy'), x);
    const npy = readFileSync(join(folder, 'a.npy'));
    writeFileSync(
      path(),
      zipSync({ 'a.npy': [npy, { level: 9 }], 'b.npy': [npy, { level: 0 }], 'read.me': new Uint8Array(5) }),
    );
    expect([...readNpz(path()).keys()]).to.deep.equal(['a', 'b']);
    for (const name of ['a', 'b']) expect(entry(name).read().toHost()).to.deep.equal(x.toHost());
  });
  it('is read by another reader', function () {
    this.timeout(20_000);
    writeNpz(path(), { a: NDArray.arange(1000), b: NDArray.zeros([10, 10]) }, { compress: true });
    const script =
      'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist()); ' +
      'open(sys.argv[2], "wb").write(z.read("a.npy"))';
    let output: string;
    try {
      output = execFileSync('python3', ['-c', script, path(), join(folder, 'a.npy')], { encoding: 'utf8' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') skip(this, 'no python3');
      throw error;
    }
    expect(output.trim()).to.equal("None ['a.npy', 'b.npy']");
    expect(readNpy(join(folder, 'a.npy')).sum()).to.equal(499_500);
  });
  it('writes and reads ZIP64 fields', () => {
    writeNpy(join(folder, 'a.npy'), NDArray.arange(5));
    const npy = readFileSync(join(folder, 'a.npy'));
    writeFileAtomically(path(), (sink) => {
      const zip = zipWriter(sink, { compress: false, zip64From: 0 });
      zip.add('a.npy', (write) => write(npy));
      zip.add('b.npy', (write) => write(npy));
      zip.finish();
    });
    for (const name of ['a', 'b']) expect(entry(name).read().toArray()).to.deep.equal([0, 1, 2, 3, 4]);
  });
  it('reads archives after other bytes, with and without ZIP64 fields', () => {
    writeNpy(join(folder, 'a.npy'), NDArray.arange(5));
    const npy = readFileSync(join(folder, 'a.npy'));
    for (const zip64From of [0, undefined]) {
      writeFileAtomically(path(), (sink) => {
        const zip = zipWriter(sink, { compress: false, ...(zip64From !== undefined && { zip64From }) });
        for (const name of ['a.npy', 'b.npy']) zip.add(name, (write) => write(npy));
        zip.finish();
      });
      const plain = readFileSync(path());
      for (const prefix of [1, 100, 70_000]) {
        writeFileSync(path(), Buffer.concat([Buffer.alloc(prefix, 'x'), plain]));
        for (const name of ['a', 'b'])
          expect(entry(name).read().toArray(), `${prefix}`).to.deep.equal([0, 1, 2, 3, 4]);
      }
    }
  });
  it('checks all bytes of a member, also those after its array', () => {
    for (const [x, more] of [
      [NDArray.arange(5), 100],
      [NDArray.arange(5, { dtype: 'float32' }), 1],
      [NDArray.zeros([0, 2]), 0],
      [NDArray.zeros([0, 2]), 7],
    ] as const) {
      for (const level of [0, 6] as const) {
        writeNpy(join(folder, 'a.npy'), x);
        const member = Buffer.concat([readFileSync(join(folder, 'a.npy')), Buffer.alloc(more, 'y')]);
        const archive = Buffer.from(zipSync({ 'a.npy': [member, { level }] }));
        writeFileSync(path(), archive);
        expect(entry('a').read().size).to.equal(x.size);
        // the checksum of the directory
        const central = archive.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
        archive.writeUInt32LE((archive.readUInt32LE(central + 16) ^ 1) >>> 0, central + 16);
        writeFileSync(path(), archive);
        expect(() => entry('a').read(), `${x.size} and ${more}`).to.throw(ArgumentError, 'check sum');
      }
    }
  });
  it('gives equal files for equal arrays', () => {
    writeNpz(path(), { a: NDArray.ones([3]) });
    const before = readFileSync(path());
    writeNpz(path(), { a: NDArray.ones([3]) });
    expect(readFileSync(path())).to.deep.equal(before);
  });
  it('refuses damaged archives', () => {
    for (const compress of [false, true]) {
      writeNpz(path(), { a: NDArray.normal([2000]) }, { compress });
      const good = readFileSync(path());
      const flipped = Buffer.from(good);
      flipped[3000] = (flipped[3000] as number) ^ 0x10;
      writeFileSync(path(), flipped);
      expect(() => entry('a').read(), `compress: ${compress}`).to.throw(ArgumentError, /damaged|cut short/);
      for (const length of [0, 10, 1000, good.length - 10]) {
        writeFileSync(path(), good.subarray(0, length));
        expect(() => readNpz(path()), `${length}`).to.throw(ArgumentError, 'not a ZIP archive');
      }
      // the directory states more than the file contains: first the sizes, then the offset of the
      // member
      const directory = good.lastIndexOf(Buffer.from('PK\x01\x02', 'latin1'));
      for (const field of [20, 24, 42]) {
        const wrong = Buffer.from(good);
        wrong.writeUInt32LE(0x7fffffff, directory + field);
        writeFileSync(path(), wrong);
        expect(() => entry('a').read(), `field ${field}`).to.throw(ArgumentError, /cut short or damaged/);
      }
      const encrypted = Buffer.from(good);
      encrypted.writeUInt16LE(1, directory + 8);
      writeFileSync(path(), encrypted);
      expect(() => entry('a').read()).to.throw(ArgumentError, 'encrypted');
    }
  });
  it('refuses, or reads, an archive with any one bit changed', function () {
    this.timeout(20_000);
    writeNpz(path(), { a: NDArray.arange(20) }, { compress: true });
    const good = readFileSync(path());
    let refused = 0;
    for (let i = 0; i < good.length; i++) {
      const wrong = Buffer.from(good);
      wrong[i] = (wrong[i] as number) ^ (1 << (i % 8));
      writeFileSync(path(), wrong);
      try {
        for (const e of readNpz(path()).values()) e.read();
      } catch (error) {
        refused++;
        expect(error).to.satisfy(
          (e: unknown) => e instanceof ArgumentError || (e instanceof Error && e.name === 'DTypeError'),
          `byte ${i}: ${String(error)}`,
        );
      }
    }
    expect(refused).to.be.above(good.length / 4);
  });
  it('refuses invalid names', () => {
    expect(() => writeNpz(path(), { '': NDArray.ones([1]) })).to.throw(ArgumentError);
    expect(() => writeNpz(path(), {}, { compres: true } as never)).to.throw(
      ArgumentError,
      "did you mean 'compress'",
    );
    writeNpz(path(), {});
    expect(readNpz(path()).size).to.equal(0);
  });
  it('computes the check sum of the standard', () => {
    expect(crc32OfTable(new TextEncoder().encode('123456789'))).to.equal(0xcbf43926);
    const [a, b] = [new TextEncoder().encode('12345'), new TextEncoder().encode('6789')];
    expect(crc32OfTable(b, crc32OfTable(a))).to.equal(0xcbf43926);
  });
});
