import { expect } from 'chai';
import {
  ArgumentError,
  BackendError,
  type LopsError,
  MpiError,
  NumericalError,
  ShapeError,
} from '../../src/core/base/errors.js';
import {
  checkSame,
  gatherFromAllRanks,
  onAllRanks,
  onRoot,
  sameOnAllRanks,
} from '../../src/core/ports/agreement.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import { distributed, group } from '../support/distributed.js';

/** The number of collectives that `body` calls. */
function callsOf(comm: Communicator, body: () => void): number {
  const before = comm.counters.collectives;
  body();
  return comm.counters.collectives - before;
}

function errorOf(body: () => unknown): LopsError {
  try {
    body();
  } catch (error) {
    return error as LopsError;
  }
  throw new Error('expected an error');
}

const OPTIONS = { backends: ['cpu'] } as const;

group('agreement over ranks', () => {
  distributed('gathers values in one exchange', OPTIONS, ({ comm }) => {
    const once = callsOf(comm, () => comm.allgatherObject(comm.rank));
    const calls = callsOf(comm, () => {
      expect(gatherFromAllRanks(comm, () => ({ rank: comm.rank }))).to.deep.equal(
        Array.from({ length: comm.size }, (_, rank) => ({ rank })),
      );
    });
    expect(calls).to.equal(once);
    const own = Symbol('not plain data');
    expect(onAllRanks(comm, () => own)).to.equal(own);
  });

  distributed('throws the error of one rank on all, and names the rank', OPTIONS, ({ comm }) => {
    const { rank, size } = comm;
    const last = size - 1;
    for (const Kind of [ShapeError, BackendError, NumericalError]) {
      const mine = new Kind('does not fit');
      const error = errorOf(() =>
        onAllRanks(comm, () => {
          if (rank === last) throw mine;
        }),
      );
      expect(error).to.be.instanceOf(Kind);
      expect(error.message).to.equal(size === 1 ? 'does not fit' : `rank ${last}: does not fit`);
      if (size > 1) expect(error.cause).to.equal(rank === last ? mine : undefined);
    }
  });

  distributed('throws an error that is the same on all ranks unchanged', OPTIONS, ({ comm }) => {
    const { rank } = comm;
    const mine = new MpiError('not here', { cause: new Error('why') });
    const body = () => {
      throw mine;
    };
    expect(errorOf(() => onAllRanks(comm, body))).to.equal(mine);
    const unlike = () => {
      throw new ShapeError(`wrong in ${rank}`);
    };
    const error = errorOf(() => onAllRanks(comm, unlike));
    expect(error.message).to.equal(comm.size === 1 ? 'wrong in 0' : 'rank 0: wrong in 0');
  });

  distributed('errors of the system become ArgumentErrors', OPTIONS, ({ comm }) => {
    const mine = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const error = errorOf(() =>
      onAllRanks(comm, () => {
        throw mine;
      }),
    );
    expect(error).to.be.instanceOf(ArgumentError);
    expect(error.message).to.equal('ENOSPC');
    expect(error.cause).to.equal(mine);
  });

  distributed('names the value that differs, and the rank', OPTIONS, ({ comm }) => {
    const { rank, size } = comm;
    const same = () => sameOnAllRanks(comm, 'read', () => ({ path: 'a', options: { axis: 1 } }));
    expect(same()).to.deep.equal({ path: 'a', options: { axis: 1 } });
    if (size === 1) return;
    const last = size - 1;
    const odd = rank === last;
    const differ = (body: () => object) => errorOf(() => sameOnAllRanks(comm, 'read', body));
    expect(differ(() => ({ path: 'a', options: { axis: odd ? 2 : 1, mask: [0, 1] } })).message).to.equal(
      `read: expected one axis on all ranks, rank 0 has 1, rank ${last} 2`,
    );
    expect(differ(() => ({ path: odd ? 'b' : 'a' })).message).to.equal(
      `read: expected one path on all ranks, rank 0 has "a", rank ${last} "b"`,
    );
    expect(differ(() => (odd ? { shape: [3, 4], order: 'C' } : { shape: [3, 4] })).message).to.equal(
      `read: expected one order on all ranks, rank 0 has undefined, rank ${last} "C"`,
    );
  });

  distributed('compares the requested values only', OPTIONS, ({ comm: { size } }) => {
    const all = Array.from({ length: size }, (_, rank) => ({
      shape: [3, rank],
      count: rank,
      dtype: 'int32',
    }));
    checkSame('stack', all, ['dtype']);
    if (size === 1) return;
    expect(() =>
      checkSame('stack', all, ['dtype', 'shape'], { error: ShapeError, remedy: 'cut it' }),
    ).to.throw(
      ShapeError,
      'stack: expected one shape on all ranks, rank 0 has [3, 0], rank 1 [3, 1]: cut it',
    );
  });

  distributed('returns the value of rank 0 on all ranks, or throws its error', OPTIONS, ({ comm }) => {
    const { rank } = comm;
    let runs = 0;
    const value = onRoot(comm, () => {
      runs++;
      return { rank };
    });
    expect(value).to.deep.equal({ rank: 0 });
    expect(runs).to.equal(rank === 0 ? 1 : 0);
    expect(() =>
      onRoot(comm, () => {
        throw new ShapeError('of rank 0');
      }),
    ).to.throw(ShapeError, /^of rank 0$/);
  });
});
