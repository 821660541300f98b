/**
 * Tests the golden cases of the repository on every backend and number of ranks, and the command
 * that runs them.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { BACKENDS, makeBackend } from './support/backends.js';
import { difference } from './support/golden/case.js';
import { runRanks } from './support/launch.js';
import { skip } from './support/skip.js';

/** The folder of the repository, also from dist/test. */
function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
const GOLDEN = join(root(), 'test/golden');

interface Report {
  readonly code: number | null;
  readonly stderr: string;
  readonly stdout: string;
}
interface Case {
  readonly name: string;
  readonly verdict: string;
  readonly line: string;
}
interface Counts {
  readonly ok: number;
  readonly off: number;
  readonly notSupported: number;
  readonly notForRanks: number;
}

const golden = (...args: string[]): Promise<Report> =>
  runRanks(1, [join(root(), 'scripts/golden.mjs'), '--no-setup', ...args], { timeout: 240_000 });

async function goldenJson(
  ...args: string[]
): Promise<{ code: number | null; cases: Case[]; counts: Counts }> {
  const { code, stdout, stderr } = await golden('--json', ...args);
  try {
    return { code, ...(JSON.parse(stdout) as { cases: Case[]; counts: Counts }) };
  } catch {
    throw new Error(`expected JSON, received '${stdout}', and on stderr: ${stderr}`);
  }
}

/** Cases that are wrong and not excluded by their number of ranks. */
const wrong = (cases: readonly Case[], ...allowed: string[]): string[] =>
  cases
    .filter(({ verdict }) => !['ok', 'not for', ...allowed].includes(verdict))
    .map(({ name, line }) => `${name}: ${line}`);

const RANKS = process.env['LOPS_TEST_RANKS']?.split(',').map(Number) ?? [1, 2, 3, 4];
const ONLY = process.env['LOPS_TEST_BACKENDS']?.split(',');
const ranksText = (ranks: number): string => `${ranks} rank${ranks === 1 ? '' : 's'}`;

describe('golden cases', function () {
  this.timeout(300_000);

  for (const entry of BACKENDS.filter(({ name }) => (ONLY ?? [name]).includes(name))) {
    for (const ranks of RANKS.filter((n) => entry.ranks.includes(n))) {
      it(`agree with the reference numbers, ${ranksText(ranks)} [${entry.name}]`, async () => {
        const { code, cases, counts } = await goldenJson(
          GOLDEN,
          '--ranks',
          `${ranks}`,
          '--backend',
          entry.name,
        );
        const { dtypes } = await makeBackend(entry.name);
        const holdsAll = dtypes.includes('complex128') && dtypes.includes('float64');
        expect(wrong(cases, ...(holdsAll ? [] : ['not supported']))).to.deep.equal([]);
        expect(counts.ok).to.be.above(holdsAll ? 150 : 3);
        expect(code).to.equal(counts.notSupported > 0 ? 1 : 0);
      });
    }
  }

  // third-party data that the repository does not contain
  const folder = [process.env['LOPS_GOLDEN'], join(root(), '../shared/golden')].find(
    (f) => f !== undefined && existsSync(join(f, 'tutorials/poststack')),
  );
  for (const ranks of RANKS) {
    it(`3-D inversion, ${ranksText(ranks)} (set LOPS_GOLDEN to the golden data)`, async function () {
      if (folder === undefined) return skip(this, 'no golden data there');
      for (const [name, parts] of Object.entries({
        poststack: ['data', 'cgls', 'ne', 'reg', 'tv'],
        reflectivity: ['data', 'fista', 'ista', 'pg'],
      })) {
        const { cases } = await goldenJson(join(folder, 'tutorials', name), '--ranks', `${ranks}`);
        const right = cases.filter(({ verdict }) => verdict === 'ok').map((c) => c.name);
        expect(right).to.include.members(parts.map((part) => `${name}:${part}`));
      }
    });
  }
});

describe('the golden command', function () {
  this.timeout(120_000);
  let scratch: string;
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'lops-golden-test-'));
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  type Json = Record<string, unknown>;
  /** A copy of a case of the repository, with its case.json changed. */
  function doctored(
    from: string,
    as: string,
    change: (content: Json) => Json = (content) => content,
  ): string {
    const to = join(scratch, as);
    mkdirSync(dirname(to), { recursive: true });
    cpSync(join(GOLDEN, from), to, { recursive: true });
    const path = join(to, 'case.json');
    writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')) as Json)));
    return to;
  }
  /**
   * A case of a local operator: its result for x is y, and the result of its adjoint for d is xadj.
   */
  function written(
    as: string,
    op: Json,
    [x, y, d, xadj]: readonly [number[], number[], number[], number[]],
  ): void {
    const folder = join(scratch, as);
    mkdirSync(folder);
    const shapes = { shape: [y.length, x.length], dims: [x.length], dimsd: [y.length] };
    const tolerance = { rtol: 0, atol: 1e-13 };
    writeFileSync(
      join(folder, 'case.json'),
      JSON.stringify({ kind: 'local-operator', family: as, dtype: 'float64', tolerance, op, ...shapes }),
    );
    for (const [name, values] of Object.entries({ x, y, d, xadj }))
      writeNpy(join(folder, `${name}.npy`), values);
  }
  function writeNpy(file: string, values: readonly number[]): void {
    const header =
      `{'descr': '<f8', 'fortran_order': False, 'shape': (${values.length},), }`.padEnd(117) + '\n';
    writeFileSync(
      file,
      Buffer.concat([
        Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
        Buffer.from([header.length, 0]),
        Buffer.from(header),
        Buffer.from(Float64Array.from(values).buffer),
      ]),
    );
  }
  /** Changes the last number of a float64 file. */
  function spoil(file: string, change: (value: number) => number): void {
    const bytes = readFileSync(file);
    bytes.writeDoubleLE(change(bytes.readDoubleLE(bytes.length - 8)), bytes.length - 8);
    writeFileSync(file, bytes);
  }

  it('prints a line a case and the four counts, and succeeds where all is right', async () => {
    doctored('mpi/vstack_0', 'deep/er/vstack');
    doctored('halo/halo_n2_0', 'halo');
    const { code, stdout } = await golden(scratch);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
    ).to.deep.equal([
      'deep/er/vstack ok',
      'halo not for 1 rank',
      '1 ok, 0 off, 0 not supported, 1 not for 1 rank',
    ]);
    expect(code).to.equal(0);
  });

  it('finds wrong numbers: by how much and where', async () => {
    spoil(join(doctored('mpi/firstderivative_0', 'a'), 'y.npy'), (v) => v + 0.25);
    spoil(join(doctored('mpi/firstderivative_0', 'b'), 'xadj.npy'), (v) => v - 1e-6);
    doctored('solver/cgls_0', 'c', (content) => ({
      ...content,
      expected: { ...(content['expected'] as Json), r2norm: 0.275 },
    }));
    spoil(join(doctored('halo/halo_n2_0', 'd'), 'y_r1.npy'), () => Number.NaN);
    doctored('mpi/firstderivative_0', 'e', (content) => ({ ...content, shape: [24, 23] }));
    doctored('solver/cgls_stop', 'f', (content) => ({
      ...content,
      expected: { ...(content['expected'] as Json), iiter: 14 },
    }));
    const { code, cases, counts } = await goldenJson(scratch, '--ranks', '2');
    expect(cases.map(({ line }) => line)).to.satisfy(
      ([a = '', b = '', c = '', d = '', e = '', f = '']: string[]) => {
        expect(a).to.match(/^off by 2\.50e-1 > \d\.\d+e-1\d \(y/);
        expect(b).to.match(/^off by 1\.00e-6 > \d\.\d+e-1\d \(xadj/);
        expect(c).to.match(/^off by 9\.2\de-4 > 2\.\d+e-8 \(r2norm: 1 of 1 element differs/);
        expect(d).to.match(/^off by inf > .* \(y: .*, rank 1\)$/);
        expect(e).to.match(/^off by 1\.00e\+0 > .* \(shape: /);
        expect(f).to.match(/^off by 1\.00e\+0 > .* \(iiter: /);
        return true;
      },
    );
    expect(counts).to.deep.equal({ ok: 0, off: 6, notSupported: 0, notForRanks: 0 });
    expect(code).to.equal(1);
  });

  it('uses the tolerance of the case and no other', async () => {
    const wide = (tolerance: Json) => (content: Json) => ({ ...content, tolerance });
    spoil(
      join(doctored('mpi/firstderivative_0', 'absolute', wide({ rtol: 0, atol: 0.3 })), 'y.npy'),
      (v) => v + 0.25,
    );
    spoil(
      join(doctored('mpi/firstderivative_0', 'narrow', wide({ rtol: 0, atol: 0.2 })), 'y.npy'),
      (v) => v + 0.25,
    );
    const { cases } = await goldenJson(scratch);
    expect(cases.map(({ verdict }) => verdict)).to.deep.equal(['ok', 'off']);
  });

  it('does not compare what rounding decides, but the rest of such a case', async () => {
    const sum = (content: Json) => content['expected'] as Json;
    const undecided = { r1norm: 1, iiter: 99 };
    doctored('solver/cgls_0', 'a', (content) => ({
      ...content,
      expected: { ...sum(content), ...undecided },
      rounding_decides: undecided,
    }));
    doctored('solver/cgls_0', 'b', (content) => ({
      ...content,
      expected: { ...sum(content), r2norm: 1 },
      rounding_decides: undecided,
    }));
    doctored('solver/cgls_0', 'c', (content) => ({
      ...content,
      expected: { ...sum(content), r2norm: 1 },
      sensitive: true,
    }));
    const { cases } = await goldenJson(scratch);
    expect(cases.map(({ verdict }) => verdict)).to.deep.equal(['ok', 'off', 'ok']);
  });

  it('reads some columns of an operator, and its real or imaginary part', async () => {
    const identity = (n: number) => ({ op: 'Identity', params: { N: n } });
    const turned = { op: 'scaled', params: { alpha: { complex: [0, 1] } }, args: [identity(2)] };
    written('columns', { op: 'columns', params: { cols: [0, 2] }, args: [identity(3)] }, [
      [1, 2],
      [1, 0, 2],
      [1, 2, 3],
      [1, 3],
    ]);
    written('real', { op: 'realimag', params: {}, args: [turned] }, [
      [1, 2],
      [0, 0],
      [3, 4],
      [0, 0],
    ]);
    written('imaginary', { op: 'realimag', params: { real: false, forw: true, adj: true }, args: [turned] }, [
      [1, 2],
      [1, 2],
      [3, 4],
      [-3, -4],
    ]);
    const { cases } = await goldenJson(scratch);
    expect(cases.map(({ line }) => line)).to.deep.equal(['ok', 'ok', 'ok']);
  });

  it('names what is not supported and what the library throws, and goes on', async () => {
    doctored('mpi/firstderivative_0', 'a', (content) => ({
      ...content,
      op: { op: 'MPINothing', params: {} },
    }));
    doctored('mpi/firstderivative_0', 'b', (content) => ({ ...content, kind: 'mpi-mystery' }));
    // the missing operator belongs to one rank only
    doctored('mpi/blockdiag_mixed', 'c', (content) => ({
      ...content,
      op: {
        op: 'MPIBlockDiag',
        params: {
          ops: [
            { op: 'Identity', params: { N: 20 } },
            { op: 'Nothing', params: {} },
          ],
        },
      },
    }));
    doctored('mpi/firstderivative_0', 'd', (content) => ({
      ...content,
      op: { op: 'MPIFirstDerivative', params: { dims: [24], axis: 3 } },
    }));
    writeFileSync(join(doctored('mpi/firstderivative_0', 'e'), 'case.json'), '{');
    doctored('mpi/firstderivative_0', 'f');
    for (const ranks of ['1', '2']) {
      const { code, cases, counts } = await goldenJson(scratch, '--ranks', ranks);
      const lines = cases.map(({ line }) => line);
      expect(lines.slice(0, 3)).to.deep.equal([
        'not supported: operator MPINothing',
        'not supported: kind mpi-mystery',
        'not supported: operator Nothing',
      ]);
      expect(lines[3]).to.match(/^off by inf .*ShapeError/);
      expect(lines[4]).to.match(/^off by inf .*SyntaxError/);
      expect(lines[5]).to.equal('ok');
      expect(counts).to.deep.equal({ ok: 1, off: 2, notSupported: 3, notForRanks: 0 });
      expect(code).to.equal(1);
    }
  });

  it('a case that does not end is off, and the others are run', async () => {
    doctored('algebra/power', 'a');
    doctored('algebra/power', 'b', (content) => ({
      ...content,
      op: { ...(content['op'] as Json), params: { p: 1e12 } },
    }));
    doctored('algebra/power', 'c');
    for (const ranks of ['1', '2']) {
      const { code, cases } = await goldenJson(scratch, '--ranks', ranks, '--timeout', '2');
      expect(cases.map(({ verdict }) => verdict)).to.deep.equal(['ok', 'off', 'ok']);
      expect(cases[1]?.line).to.match(/no answer within 2 s/);
      expect(code).to.equal(1);
    }
  });

  it('refuses bad arguments', async () => {
    for (const [args, message] of [
      [[], /expected one folder/],
      [[join(scratch, 'none')], /no folder/],
      [[scratch], /no case\.json/],
      [[GOLDEN, '--ranks', '0'], /positive integer/],
      [[GOLDEN, '--backend', 'abacus'], /no backend 'abacus'/],
      [[GOLDEN, '--rank', '2'], /--rank/],
    ] as const) {
      const { code, stderr, stdout } = await golden(...args);
      expect(code).to.equal(2);
      expect(stderr).to.match(message);
      expect(stdout).to.equal('');
    }
  });

  it('compares infinities, NaN, sizes and complex numbers', () => {
    const tolerance = { rtol: 1e-3, atol: 1e-6 };
    const real = (...values: number[]) => ({
      values: Float64Array.from(values),
      dtype: 'float64' as const,
      shape: [values.length],
    });
    const complex = (...values: number[]) => ({
      values: Float64Array.from(values),
      dtype: 'complex128' as const,
      shape: [values.length / 2],
    });
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    const off = (a: Parameters<typeof difference>[0], b: Parameters<typeof difference>[0]) =>
      difference(a, b, tolerance).off;
    expect(off(real(1, inf, nan), real(1, inf, nan))).to.equal(0);
    expect(difference(real(1, 5), real(inf, 5), tolerance)).to.deep.equal({
      off: inf,
      accepted: 1e-6 + 5e-3,
      place:
        '1 of 2 elements differs, the worst at [0]: expected Infinity, received 1, error Infinity, ' +
        `allowed ${1e-6 + 5e-3}`,
    });
    expect(off(real(nan, 1), real(0, 1))).to.equal(inf);
    expect(off(real(-inf), real(inf))).to.equal(inf);
    expect(off(real(1, 2), real(1))).to.equal(inf);
    expect(off(complex(1, 0, 2, 0), real(1, 2))).to.equal(0);
    expect(off(complex(1, 3, 2, 0), real(1, 2))).to.equal(3);
    expect(off(real(-0), real(0))).to.equal(0);
  });
});
