import { expect } from 'chai';
import { benchmark, mark } from '../../src/cli/benchmark.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { distributed, group } from '../support/distributed.js';

type Line = [label: string, mean: number, percent: number, slowest: number, rank: number];
/** The lines of a table below its heading. */
const linesOf = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => {
      const numbers = line.trim().split(/\s+/).slice(-4).map(Number);
      return [line.replace(/(\s+[\d.]+){4}$/, ''), ...numbers] as Line;
    });

group('timed functions', () => {
  distributed('write a line for each call and for what is between marks, nested', ({ comm }) => {
    let text = '';
    const write = (table: string) => {
      text += table;
    };
    const inner = benchmark((n: number) => {
      mark('first');
      mark('second');
      return 2 * n;
    });
    const single = benchmark(() => undefined, { description: 'single' });
    function outer(this: unknown, a: number, b: number): number {
      mark('begin');
      const product = inner(a);
      mark('middle');
      single();
      return product * b;
    }
    expect(benchmark(outer, { write, comm })(3, 7)).to.equal(42);
    const labels = linesOf(text).map(([label]) => label);
    expect(labels).to.deep.equal(
      comm.rank > 0
        ? []
        : [
            'outer',
            '  start → begin',
            '  begin → middle',
            '    benchmark',
            '      start → first',
            '      first → second',
            '      second → end',
            '  middle → end',
            '    single',
          ],
    );
    text = '';
    benchmark(single, { write, comm, description: 'again' })();
    expect(linesOf(text).map(([label]) => label)).to.deep.equal(comm.rank > 0 ? [] : ['again', '    single']);
  });

  distributed('show the mean, the share and the slowest rank of each section', ({ comm }) => {
    // a clock of the test's own, in milliseconds
    let now = 0;
    Object.defineProperty(performance, 'now', { value: () => now, configurable: true });
    let text = '';
    const slow = comm.size - 1;
    const timed = benchmark(
      () => {
        if (comm.rank === slow) now += 400;
        mark('even');
        now += 100;
      },
      {
        comm,
        write: (table) => {
          text = table;
        },
      },
    );
    try {
      timed();
    } finally {
      Reflect.deleteProperty(performance, 'now');
    }
    const mean = 0.4 / comm.size;
    const percent = (seconds: number): number => Math.round((1000 * seconds) / (mean + 0.1)) / 10;
    const round = (seconds: number): number => Number(seconds.toFixed(3));
    expect(linesOf(text)).to.deep.equal(
      comm.rank > 0
        ? []
        : [
            ['benchmark', round(mean + 0.1), 100, 0.5, slow],
            ['  start → even', round(mean), percent(mean), 0.4, slow],
            ['  even → end', 0.1, percent(0.1), 0.1, 0],
          ],
    );
  });

  distributed('wait for promises, and pass errors on', async ({ comm }) => {
    let tables = 0;
    const options = { comm, write: () => void tables++ };
    const later = benchmark(async (n: number) => {
      mark('before');
      await new Promise((resolve) => setTimeout(resolve, 1));
      mark('after');
      return n + 1;
    }, options);
    expect(await later(1)).to.equal(2);
    const failing = benchmark(() => {
      mark('before');
      throw new RangeError('inside');
    }, options);
    expect(failing).to.throw(RangeError, 'inside');
    const rejected = await benchmark(async () => {
      mark('before');
      throw new RangeError('later');
    }, options)().catch((error: unknown) => error);
    expect(rejected).to.be.instanceOf(RangeError);
    expect(() => mark('x')).to.throw(ArgumentError, "mark('x'): expected to be called inside");
    benchmark(() => undefined, options)();
    expect(tables).to.equal(comm.rank === 0 ? 2 : 0);
  });

  distributed('refuse wrong arguments, and marks that differ between ranks', ({ comm }) => {
    expect(() => benchmark(3 as never)).to.throw(ArgumentError, 'function');
    expect(() => benchmark(() => undefined, { name: 'x' } as object)).to.throw(
      ArgumentError,
      "unknown option 'name'",
    );
    expect(() => benchmark(() => undefined, { description: 1 as never })).to.throw(
      ArgumentError,
      'description',
    );
    expect(() => benchmark(() => undefined, { write: 1 as never })).to.throw(ArgumentError, 'write');
    expect(() => mark(1 as never)).to.throw(ArgumentError, 'expected a text');
    const differing = benchmark(() => mark(comm.rank === 0 ? 'a' : 'b'), { comm, write: () => undefined });
    if (comm.size === 1) differing();
    else expect(differing).to.throw(ArgumentError, 'the same marks on all ranks');
    const longer = benchmark(
      () => {
        mark('a');
        if (comm.rank > 0) mark('b');
      },
      { comm, write: () => undefined },
    );
    if (comm.size === 1) longer();
    else expect(longer).to.throw(ArgumentError, 'rank 0 has "end of benchmark", rank 1 "mark b"');
    expect(() => mark('x')).to.throw(ArgumentError, 'inside');
  });

  distributed('end where the device fails: at the begin, at a mark, at the end', ({ comm, backend }) => {
    for (const last of [0, 1, 2]) {
      let calls = 0;
      const failing = Object.create(backend, {
        synchronize: {
          value: () => {
            if (calls++ === last) throw new RangeError('device');
          },
        },
      });
      const options = { comm, backend: failing, write: () => undefined };
      expect(benchmark(() => mark('a'), options)).to.throw(RangeError, 'device');
      expect(() => mark('x')).to.throw(ArgumentError, 'inside');
    }
  });
});
