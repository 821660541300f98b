import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { sliceOf } from '../../src/cli/watch/slice.js';
import { startWatch } from '../../src/cli/watch/watch.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { StackedDistributedArray } from '../../src/core/distributed/stacked-distributed-array.js';
import { FirstDerivative } from '../../src/local/index.js';
import { MPIBlockDiag, MPIFirstDerivative, MPIStackedVStack } from '../../src/operators/index.js';
import { cgls } from '../../src/optimization/index.js';
import { asOuter } from '../../src/optimization/observe-runs.js';
import { distributed, group } from '../support/distributed.js';
import { EventStream } from '../support/event-stream.js';
import { expectClose } from '../support/expect-close.js';

interface Drawing {
  readonly rows: number;
  readonly columns: number;
  readonly cells: string;
  readonly index: readonly number[];
  readonly value: readonly number[];
}
interface SliceEvent {
  readonly run: number;
  readonly iteration: number;
  readonly place: string;
  readonly range: readonly [number, number];
  readonly drawing: Drawing;
}

/** Opens a page on rank 0, for the others too. */
async function openPage(comm: { barrier(): void }, address: string | undefined) {
  const page = address === undefined ? undefined : await EventStream.open(address);
  comm.barrier();
  return page;
}

/** The values that a picture shows, to a 254th of its range. */
function shown({ range: [low, high], drawing: { cells } }: SliceEvent): number[] {
  return [...Buffer.from(cells, 'base64')].map((cell) => low + ((high - low) * cell) / 254);
}

const last = (page: EventStream): SliceEvent => page.of('slice').at(-1) as unknown as SliceEvent;

const asked = (address: string, method: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(address);
    const sent = request({ hostname, port, path: pathname, method, headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on('error', reject).end();
  });

group('samples of a solution', () => {
  for (const shape of [[401, 7], [2, 350], [2500], [330, 3, 170]])
    for (const axis of shape.length === 3 ? [0, 1, 2] : [0])
      distributed(`are those of the array: [${shape}], axis ${axis}`, { backends: ['cpu'] }, ({ comm }) => {
        for (const dtype of ['float64', 'complex128'] as const)
          for (const partition of ['SCATTER', 'BROADCAST'] as const) {
            const x = DistributedArray.random(shape, { comm, dtype, partition, seed: 3 });
            const whole = x.asArray();
            const found = sliceOf(x, comm, { axis, index: undefined });
            expect(found === undefined).to.equal(comm.rank > 0);
            if (!found) continue;
            const middle = Math.floor((shape[axis] as number) / 2);
            const plane =
              shape.length === 3 ? whole.slice(...shape.map((_, k) => (k === axis ? middle : null))) : whole;
            const moduli = plane.abs().contiguous();
            const [rows = 1, columns = 1] = shape.length === 1 ? [1, shape[0]] : moduli.shape;
            const values = moduli.toHost();
            const expected: number[] = [];
            for (let i = 0; i < rows; i += found.steps[0] as number)
              for (let j = 0; j < columns; j += found.steps[1] as number)
                expected.push(values[i * columns + j] as number);
            const compared = dtype === 'float64' ? [...found.values].map(Math.abs) : [...found.values];
            expectClose(compared, expected, 1e-14, `${dtype} ${partition}`);
          }
      });
});

group('a watch of a run', () => {
  distributed('is stopped by a step of the run', ({ comm, backend }) => {
    const D = new MPIFirstDerivative([24, 10], { comm, kind: 'centered' });
    const y = D.matvec(DistributedArray.random([24, 10], { comm, backend, seed: 1 }));
    const watch = startWatch({ comm });
    let steps = 0;
    for (const { iteration } of cgls.steps(D, y, { niter: 6, tol: 0 })) {
      steps++;
      if (iteration === 3) watch.stop();
    }
    expect(steps).to.equal(7);
  });

  distributed('shows costs and a picture, and counts no messages of its own', async ({ comm, backend }) => {
    const D = new MPIFirstDerivative([24, 10], { comm, kind: 'centered' });
    const y = D.matvec(DistributedArray.random([24, 10], { comm, backend, seed: 1 }));
    const sent = (run: () => void): unknown => {
      const { messages, bytes, collectives, reductions } = comm.counters;
      run();
      const after = comm.counters;
      return [
        after.messages - messages,
        after.bytes - bytes,
        after.collectives - collectives,
        after.reductions - reductions,
      ];
    };
    const alone = sent(() => cgls(D, y, { niter: 5, tol: 0 }).x.dispose());
    const watch = startWatch({ title: 'A run', comm });
    expect(watch.address === undefined).to.equal(comm.rank > 0);
    const page = await openPage(comm, watch.address);
    let solved: ReturnType<typeof solve> | undefined;
    const solve = () => cgls(D, y, { niter: 5, tol: 0 });
    const watched = sent(() => {
      solved = solve();
    });
    expect(watched).to.deep.equal(alone);
    // an inner one
    asOuter(() => cgls(D, y, { niter: 2, tol: 0 })).x.dispose();
    const whole = solved?.x.asArray();
    watch.stop();
    watch.stop();
    if (!page) return;
    await page.until(() => false);
    expect(page.events[0]?.kind).to.equal('reset');
    expect(page.of('run').map(({ label, niter }) => [label, niter])).to.deep.equal([['cgls', 5]]);
    const costs = page.of('points').flatMap((event) => event['costs'] as number[]);
    expect(costs).to.deep.equal([...(solved?.cost ?? [])]);
    expect(page.of('points').flatMap((event) => event['iterations'])).to.deep.equal([0, 1, 2, 3, 4, 5]);
    const first = page.of('slice')[0] as unknown as SliceEvent;
    expect([first.run, first.iteration]).to.deep.equal([1, 0]);
    expect([first.drawing.rows, first.drawing.columns]).to.deep.equal([24, 10]);
    expect(page.events.at(-1)).to.include({ kind: 'end', text: 'The run has ended.', failed: false });
    expect(whole?.shape).to.deep.equal([24, 10]);
  });

  distributed('draws sections, curves and stacks', async ({ comm, backend }) => {
    const watch = startWatch({ comm, axis: 0, index: 2, colorMap: 'RdBu' });
    const page = await openPage(comm, watch.address);
    /** Solves until there is one more picture. Rank 0 decides when the next one is made. */
    const drawn = async (solve: () => { x: { dispose(): void } }): Promise<SliceEvent | undefined> => {
      const before = page?.of('slice').length ?? 0;
      const isMissing = (): boolean => page !== undefined && page.of('slice').length === before;
      while (comm.bcastObject(isMissing())) {
        solve().x.dispose();
        if (page) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return page && last(page);
    };
    const D3 = new MPIFirstDerivative([6, 4, 5], { comm, kind: 'centered' });
    const x3 = DistributedArray.random([6, 4, 5], { comm, backend, seed: 2 });
    const start3 = x3.asArray();
    const y3 = D3.matvec(x3);
    const slice = await drawn(() => cgls(D3, y3, { x0: x3, niter: 1, tol: 0 }));
    if (slice) {
      expect(slice.place).to.equal('axis 0 = 2');
      const plane = start3.slice(2).transpose();
      expect([slice.drawing.rows, slice.drawing.columns]).to.deep.equal([5, 4]);
      const values = [...plane.contiguous().toHost()].map(Number);
      const step = (slice.range[1] - slice.range[0]) / 254;
      for (const [k, value] of shown(slice).entries())
        expect(value).to.be.closeTo(values[k] as number, 0.51 * step);
    }
    const D1 = new MPIFirstDerivative([40], { comm, kind: 'centered' });
    const x1 = DistributedArray.random([40], { comm, backend, seed: 3 });
    const start1 = [...x1.asArray().toHost()].map(Number);
    const b = D1.matvec(x1);
    const curve = await drawn(() => cgls(D1, b, { x0: x1, niter: 1, tol: 0 }));
    if (curve) {
      expect(curve.drawing.value).to.deep.equal(start1);
      expect(curve.drawing.index).to.deep.equal(start1.map((_, k) => k));
    }
    const S = new MPIStackedVStack([D1, D1]);
    const stacked = await drawn(() =>
      cgls(S, new StackedDistributedArray([b, b]), { x0: x1, niter: 1, tol: 0 }),
    );
    if (stacked) expect(stacked.drawing.value).to.deep.equal(start1);
    watch.stop();
  });

  distributed('makes no picture without a page', async ({ comm, backend }) => {
    const watch = startWatch({ comm });
    const D = new MPIFirstDerivative([24, 4], { comm, kind: 'centered' });
    const y = D.matvec(DistributedArray.random([24, 4], { comm, backend, seed: 1 }));
    cgls(D, y, { niter: 30, tol: 0 }).x.dispose();
    const page = await openPage(comm, watch.address);
    watch.stop();
    if (!page) return;
    await page.until(() => false);
    expect(page.of('slice')).to.deep.equal([]);
    expect(page.of('points').flatMap((event) => event['iterations'])).to.have.length(31);
  });

  distributed('follows solvers that ranks run on their own', async ({ comm, backend }) => {
    const watch = startWatch({ comm });
    const page = await openPage(comm, watch.address);
    const half = comm.split(comm.rank % 2, comm.rank);
    // unlike numbers of solvers and of iterations, so that a collective of all would never end
    for (let k = 0; k <= comm.rank % 2; k++) {
      const D = new MPIFirstDerivative([12, 4], { comm: half, kind: 'centered' });
      const y = D.matvec(DistributedArray.random([12, 4], { comm: half, backend, seed: 1 }));
      cgls(D, y, { niter: 2 + (comm.rank % 2), tol: 0 }).x.dispose();
      const A = new FirstDerivative([9, 3], { axis: 0, kind: 'centered' });
      const z = A.matvec(NDArray.normal([9, 3], { backend, seed: 1 }));
      cgls(A, z, { niter: 3 + comm.rank, tol: 0 }).x.dispose();
    }
    // callers that leave the loop
    const B = new MPIBlockDiag([new FirstDerivative([8, 3], { axis: 0, kind: 'centered' })], { comm });
    const w = DistributedArray.ones([24 * comm.size], { comm, backend });
    for (let k = 0; k < 3; k++)
      for (const { iteration } of cgls.steps(B, w, { niter: 9, tol: 0 })) if (iteration === 2) break;
    watch.stop();
    half.free();
    if (!page) return;
    await page.until(() => false);
    const labels = page.of('run').map(({ label }) => label);
    expect(labels).to.deep.equal(['cgls', 'cgls (2)', 'cgls (3)', 'cgls (4)', 'cgls (5)']);
    expect(page.of('slice').length).to.be.at.least(1);
  });

  distributed('serves readers of this machine who know the address', { ranks: [1] }, async ({ comm }) => {
    const watch = startWatch({ comm, title: '</script><b>' });
    const address = watch.address as string;
    const { origin, host } = new URL(address);
    const answer = await fetch(address);
    expect(answer.status).to.equal(200);
    const html = await answer.text();
    expect(html)
      .to.include('<title>&lt;/script&gt;&lt;b&gt;</title>')
      .and.not.match(/(src|href)="(?!data:)/);
    const policy = answer.headers.get('content-security-policy');
    expect(policy).to.include("default-src 'none'").and.include("script-src 'sha256-");
    expect(answer.headers.get('referrer-policy')).to.equal('no-referrer');
    expect(answer.headers.get('cache-control')).to.equal('no-store');
    for (const path of ['/', '/events', `${new URL(address).pathname.slice(0, -2)}/`, '//', '/%00/'])
      expect((await fetch(origin + path)).status, path).to.equal(404);
    expect((await fetch(`${address}x`)).status).to.equal(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])
      expect((await fetch(address, { method })).status, method).to.equal(405);
    expect(await asked(address, 'GET', host)).to.equal(200);
    expect(await asked(address, 'GET', 'localhost:8080')).to.equal(200);
    for (const other of ['example.org', 'localhost.example.org', '127.0.0.1.example.org:80', '10.0.0.1'])
      expect(await asked(address, 'GET', other), other).to.equal(403);
    // no more than eight pages
    const pages = await Promise.all(Array.from({ length: 8 }, () => EventStream.open(address)));
    expect((await fetch(`${address}events`)).status).to.equal(503);
    for (const page of pages) page.close();
    watch.stop();
    let refused = false;
    await fetch(address).catch(() => {
      refused = true;
    });
    expect(refused).to.equal(true);
  });

  distributed('refuses wrong options and a port in use on all ranks', async ({ comm }) => {
    for (const wrong of [
      { port: -1 },
      { port: 70_000 },
      { wait: -1 },
      { axis: 3 },
      { prot: 1 },
      { index: 0.5 },
    ])
      expect(() => startWatch({ comm, ...wrong } as never)).to.throw(ArgumentError);
    if (comm.size > 1)
      expect(() => startWatch({ comm, wait: comm.rank })).to.throw(ArgumentError, /one wait on all ranks/);
    const blocker = createServer();
    if (comm.rank === 0) await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve));
    const port = comm.bcastObject(comm.rank === 0 ? (blocker.address() as AddressInfo).port : 0);
    expect(() => startWatch({ comm, port })).to.throw(ArgumentError, /cannot listen on port .*EADDRINUSE/);
    blocker.close();
  });
});
