import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { product, stridesOf } from '../../src/core/base/shape.js';
import { type IndexBox, Layout } from '../../src/core/distributed/layout.js';
import { fileLayout, runsOf, runsSink, runsSource } from '../../src/io/parts/file-runs.js';

const boxes = fc
  .array(fc.record({ n: fc.integer({ min: 1, max: 5 }), a: fc.nat(4), m: fc.nat(5) }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((axes) => {
    const clipped = axes.map(({ n, a, m }) => ({
      n,
      a: Math.min(a, n - 1),
      m: Math.min(m, n - Math.min(a, n - 1)),
    }));
    const box: IndexBox = { start: clipped.map(({ a }) => a), shape: clipped.map(({ m }) => m) };
    return { shape: clipped.map(({ n }) => n), box };
  });

describe('runs of a box in a file', () => {
  it('are its bytes in order, in as few runs as possible', () => {
    fc.assert(
      fc.property(boxes, fc.constantFrom(1, 4, 8), ({ shape, box }, item) => {
        const runs = runsOf(shape, box, item, 100);
        const strides = stridesOf(shape);
        const own = stridesOf(box.shape);
        const expected: number[] = [];
        for (let i = 0; i < product(box.shape); i++) {
          const at = strides.reduce(
            (sum, step, k) =>
              sum +
              step *
                ((box.start[k] as number) + (Math.floor(i / (own[k] as number)) % (box.shape[k] as number))),
            0,
          );
          for (let b = 0; b < item; b++) expected.push(100 + item * at + b);
        }
        const found: number[] = [];
        for (let k = 0; k < runs.count; k++)
          for (let b = 0; b < runs.bytes; b++) found.push(runs.position(k) + b);
        expect(found).to.deep.equal(expected);
        const breaks = expected.filter((p, i) => i > 0 && p !== (expected[i - 1] as number) + 1).length;
        // if an axis has one entry, neighbouring runs may stay separate, but separate bytes are
        // never one run
        if (expected.length > 0) expect(runs.count).to.be.at.least(breaks + 1);
        if (shape.every((n) => n > 1) && expected.length > 0 && box.shape.every((n) => n > 1))
          expect(runs.count).to.equal(breaks + 1);
      }),
    );
  });

  it('beyond 4 GiB are written and read in pieces of any size', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runs-'));
    try {
      const path = join(folder, 'sparse');
      const shape = [3000, 1000, 2000];
      const box: IndexBox = { start: [2997, 998, 1990], shape: [3, 2, 10] };
      const runs = runsOf(shape, box, 8, 128);
      const bytes = Uint8Array.from({ length: product(box.shape) * 8 }, (_, i) => i % 251);
      const fd = openSync(path, 'w+');
      const sink = runsSink(fd, runs);
      for (let at = 0; at < bytes.length; at += 77) sink(bytes.subarray(at, at + 77));
      expect(statSync(path).size).to.equal(product(shape) * 8 + 128);
      const source = runsSource(fd, path, runs);
      const back = new Uint8Array(bytes.length);
      for (let at = 0; at < bytes.length; at += 33) source.read(back.subarray(at, at + 33));
      closeSync(fd);
      expect(back).to.deep.equal(bytes);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('determine which ranks read and write', () => {
    const chosen = (layout: Layout, fortran = false) => fileLayout(layout, 8, fortran);
    const rows = Layout.split([8, 50_000, 4], 4);
    const columns = Layout.split([8, 50_000, 4], 4, 1);
    const short = Layout.split([8, 50_000, 4], 4, 2);
    expect(chosen(rows).equals(rows)).to.equal(true);
    expect(chosen(columns).equals(columns)).to.equal(true);
    expect(chosen(short).key).to.equal(rows.key);
    expect(chosen(short, true).equals(short)).to.equal(true);
    expect(chosen(rows, true).axis).to.equal(2);
    expect(chosen(Layout.replicated([2, 100, 4], 4)).axis).to.equal(1);
    expect(chosen(Layout.split([2, 3, 2], 4, 2)).axis).to.equal(1);
  });
});
