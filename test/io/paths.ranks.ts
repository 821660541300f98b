/** Tests paths of readers that are not regular files, and the places where writers write. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import {
  Checkpoint,
  readHdf5,
  readMatrixMarket,
  readNpy,
  readNpyDistributed,
  readNpz,
  readSegy,
  readSegyHeaders,
  readSegyTraces,
  readZarr,
  readZarrMetadata,
  writeNpy,
  writeNpyDistributed,
  writeNpz,
  writeSegy,
  writeZarr,
} from '../../src/io/index.js';
import { distributed, group, type RanksContext } from '../support/distributed.js';
import { expectAllThrow } from '../support/vectors.js';
import { inFolder } from './folder.js';

type Read = (path: string) => unknown;
const READERS: Readonly<Record<string, Read>> = {
  readNpy,
  readNpyDistributed,
  readNpz,
  readSegy,
  readZarr,
  readZarrMetadata,
};

type Write = (path: string) => void;
/** Writers. Those of one rank are called on rank 0 alone. */
const writersOf = ({ comm }: RanksContext): Readonly<Record<string, Write>> => {
  const x = NDArray.ones([2, 3, 4], { dtype: 'float32' });
  const y = DistributedArray.ones([2, 3, 4], { dtype: 'float32', comm });
  const alone = (write: () => void): void => {
    if (comm.rank === 0) write();
    comm.barrier();
  };
  return {
    writeNpy: (path) => alone(() => writeNpy(path, x)),
    writeNpz: (path) => alone(() => writeNpz(path, { x })),
    writeNpyDistributed: (path) => writeNpyDistributed(path, y),
    writeSegy: (path) => writeSegy(path, y, { sampleInterval: 0.004 }),
  };
};

/** Runs `body` on rank 0 before the other ranks continue. */
const first = ({ comm }: RanksContext, body: () => void): void => {
  if (comm.rank === 0) body();
  comm.barrier();
};
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

const CPU = { backends: ['cpu'] } as const;

group('paths of files', () => {
  distributed('pipes and folders in the place of files are refused, and nothing waits', CPU, (context) => {
    inFolder(context.comm, (folder) => {
      const [pipe, inner] = [join(folder, 'pipe'), join(folder, 'folder')];
      first(context, () => {
        execFileSync('mkfifo', [pipe]);
        mkdirSync(inner);
        mkdirSync(join(folder, 'x.zarr'));
        execFileSync('mkfifo', [join(folder, 'x.zarr', 'zarr.json')]);
      });
      for (const [name, read] of Object.entries(READERS)) {
        expect(() => read(pipe), name).to.throw(ArgumentError, /is a pipe/);
        expect(() => read(inner), name).to.throw(ArgumentError, /is a folder|has no zarr\.json/);
      }
      expect(() => readZarr(join(folder, 'x.zarr'))).to.throw(
        ArgumentError,
        /zarr\.json is a pipe: expected a regular file/,
      );
      const z = join(folder, 'z.zarr');
      writeZarr(z, DistributedArray.ones([4], { comm: context.comm }));
      first(context, () => {
        rmSync(join(z, 'c', '0'));
        execFileSync('mkfifo', [join(z, 'c', '0')]);
      });
      expect(() => readZarr(z)).to.throw(ArgumentError, /0 is a pipe: expected a regular file/);
    });
  });

  distributed('URLs and values that are no paths are refused by name', CPU, (context) => {
    const wrong = [
      's3://bucket/x',
      'https://host/x.npy',
      'file:///tmp/x',
      '',
      'a\0b',
      7 as never,
      undefined as never,
    ];
    const zarr: Write = (path) => writeZarr(path, DistributedArray.ones([4], { comm: context.comm }));
    for (const path of wrong) {
      const words = String(path).includes('://') ? /the URL/ : /expected the path/;
      for (const [name, use] of Object.entries({ ...READERS, ...writersOf(context), writeZarr: zarr })) {
        // only rank 0 calls writers of one rank
        if (context.comm.rank > 0 && (name === 'writeNpy' || name === 'writeNpz')) continue;
        let thrown: unknown;
        try {
          use(path);
        } catch (error) {
          thrown = error;
        }
        expect(thrown, `${name} ${String(path)}`).to.be.instanceOf(ArgumentError);
        expect(String(thrown), `${name} ${String(path)}`).to.match(words);
      }
      if (path !== '') expect(() => new Checkpoint(path), String(path)).to.throw(ArgumentError, words);
    }
  });

  distributed('options that are no object on one rank are an error on all', CPU, ({ comm }) => {
    const wrong = (comm.rank === 0 ? null : undefined) as never;
    const readers: readonly ((path: string) => unknown)[] = [
      (path) => readNpyDistributed(path, wrong),
      (path) => readZarr(path, wrong),
      (path) => readSegy(path, wrong),
      (path) => readSegyTraces(path, wrong),
      (path) => readSegyHeaders(path, wrong),
      (path) => readHdf5(path, 'x', wrong),
      (path) => readMatrixMarket(path, wrong),
    ];
    for (const read of readers)
      expectAllThrow(comm, () => read('none'), ArgumentError, 'expected an options object');
  });

  distributed('links are followed, mode and owner are kept, nothing else is left', CPU, (context) => {
    inFolder(context.comm, (folder) => {
      for (const [name, write] of Object.entries(writersOf(context))) {
        const [target, link, second, dangling, fresh] = ['target', 'link', 'second', 'dangling', 'fresh'].map(
          (word) => join(folder, `${name}-${word}`),
        ) as [string, string, string, string, string];
        first(context, () => {
          writeFileSync(target, 'old');
          chmodSync(target, 0o640);
          symlinkSync(target, link);
          symlinkSync(`./${name}-link`, second);
          symlinkSync(fresh, dangling);
        });
        const isRoot = process.getuid?.() === 0;
        if (isRoot) first(context, () => execFileSync('chown', ['1234:2345', target]));
        write(second);
        expect(lstatSync(second).isSymbolicLink(), name).to.equal(true);
        expect(lstatSync(link).isSymbolicLink(), name).to.equal(true);
        expect(readFileSync(target).length, name).to.be.above(3);
        expect(mode(target), name).to.equal('640');
        if (isRoot) expect([statSync(target).uid, statSync(target).gid], name).to.deep.equal([1234, 2345]);
        write(dangling);
        expect(lstatSync(dangling).isSymbolicLink(), name).to.equal(true);
        expect(readFileSync(fresh).equals(readFileSync(target)), name).to.equal(true);
      }
      expect(readdirSync(folder).length).to.equal(5 * Object.keys(writersOf(context)).length);
    });
  });

  distributed('a Zarr array behind a link is replaced where it is, with its mode', CPU, (context) => {
    inFolder(context.comm, (folder) => {
      const [target, link] = [join(folder, 'target.zarr'), join(folder, 'link.zarr')];
      const write = (path: string, value: number) =>
        writeZarr(path, DistributedArray.full([5, 4], value, { comm: context.comm }), { chunks: [2, 4] });
      first(context, () => symlinkSync('target.zarr', link));
      write(link, 1);
      expect(lstatSync(target).isDirectory()).to.equal(true);
      first(context, () => {
        chmodSync(target, 0o750);
        chmodSync(join(target, 'zarr.json'), 0o640);
      });
      for (const path of [link, `${link}/`, target]) {
        write(path, 2);
        expect(lstatSync(link).isSymbolicLink(), path).to.equal(true);
        expect(['', 'zarr.json', 'c', 'c/2', 'c/2/0'].map((name) => mode(join(target, name)))).to.deep.equal([
          '750',
          '640',
          '750',
          '750',
          '640',
        ]);
        expect(readZarr(path).get([4, 3])).to.equal(2);
        context.comm.barrier();
      }
      expect(readdirSync(folder).sort()).to.deep.equal(['link.zarr', 'target.zarr']);
    });
  });

  distributed('a pipe that nothing reads stays one, and is refused by name', CPU, (context) => {
    inFolder(context.comm, (folder) => {
      const pipe = join(folder, 'pipe');
      first(context, () => execFileSync('mkfifo', [pipe]));
      for (const [name, write] of Object.entries(writersOf(context))) {
        if (context.comm.rank > 0 && (name === 'writeNpy' || name === 'writeNpz')) continue;
        expect(() => write(pipe), name).to.throw(ArgumentError, /pipe is a pipe/);
      }
      expect(() => writeZarr(pipe, DistributedArray.ones([4], { comm: context.comm }))).to.throw(
        ArgumentError,
        /no Zarr array/,
      );
      context.comm.barrier();
      expect(lstatSync(pipe).isFIFO()).to.equal(true);
      expect(existsSync(`${pipe}.tmp`)).to.equal(false);
      expect(readdirSync(folder)).to.deep.equal(['pipe']);
    });
  });
});
