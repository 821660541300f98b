/** A rank of many. It applies every row of operators.ts, and a solver. */
import { abs } from '../../src/core/base/complex.js';
import { COMM_SELF, COMM_WORLD, cgls, MPIGradient } from '../../src/index.js';
import { differenceOf } from '../support/expect-close.js';
import { CROWD } from './operators.js';

const wrong: string[] = [];

for (const { name, same, make } of CROWD) {
  const A = make(COMM_WORLD);
  const x = A.domain().random(1);
  const y = A.matvec(x);
  const back = A.rmatvec(y);
  const norms = [y.norm(), back.norm()];
  const { left, right, error } = A.dotTest({ raise: false });
  if (!(error < 1e-9 && abs(left) > 0))
    wrong.push(`${name}: dot test ${JSON.stringify({ left, right, error })}`);
  if (same && COMM_WORLD.rank === 0) {
    const alone = make(COMM_SELF);
    const z = alone.matvec(alone.domain().random(1));
    const expected = [z.norm(), alone.rmatvec(z).norm()];
    const found = differenceOf(norms, expected, { rtol: 1e-9, scale: 1, each: true });
    if (found) wrong.push(`${name}: norms beside those of one rank: ${found}`);
  }
}

const solve = (comm: typeof COMM_WORLD): readonly number[] => {
  const A = new MPIGradient([100, 5], { comm });
  const { cost } = cgls(A, A.matvec(A.domain().random(2)), { niter: 20, tol: 0 });
  return Array.from(cost, (value) => Number(value.toPrecision(8)));
};
const costs = solve(COMM_WORLD);
if (costs.length !== 21) wrong.push(`cgls: ${costs.length} costs`);
if (COMM_WORLD.rank === 0) {
  const found = differenceOf(solve(COMM_SELF), costs, 1e-6);
  if (found) wrong.push(`cgls: costs of one rank beside those of all: ${found}`);
}

const all = COMM_WORLD.allgatherObject({ wrong, rss: process.memoryUsage().rss });
if (COMM_WORLD.rank === 0) {
  const failures = all.flatMap(({ wrong: what }, rank) => what.map((text) => `rank ${rank}: ${text}`));
  const mebibytes = Math.round(all.reduce((sum, { rss }) => sum + rss, 0) / 2 ** 20);
  process.stdout.write(
    `${JSON.stringify({ size: COMM_WORLD.size, rows: CROWD.length, mebibytes, failures })}\n`,
  );
}
