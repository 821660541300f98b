import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { cudaEnvironment } from './support/emulated-cuda.js';
import { runRanks } from './support/launch.js';

/** The flags that make an example small. `MODULES` lists the files that are not programs. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  poststack: ['--ny', '4', '--nx', '20', '--nz', '48', '--niter', '3'],
  reflectivity: ['--ny', '4', '--nx', '40', '--nz', '80'],
  'shared-model': ['--nx', '12', '--nz', '16', '--sources', '6', '--receivers', '6', '--niter', '5'],
  lsm: ['--nx', '24', '--nz', '20', '--sources', '5', '--receivers', '4', '--nt', '100', '--niter', '5'],
  mdd: ['--nx', '9', '--ny', '12', '--nt', '60', '--frequencies', '20', '--niter', '5'],
  checkpoint: ['--n', '24', '--niter', '30', '--every', '5', '--stop', '17'],
  tomography: ['--n', '16', '--stations', '12', '--niter', '20'],
  replicated: ['--rows', '40', '--columns', '30', '--niter', '5'],
};
const MODULES = [
  'support',
  'impedance-model',
  'poststack-figure',
  'kirchhoff-survey',
  'misfit',
  'fields',
  'follow',
];

/** Short examples that also run on an engine of TensorFlow.js. */
const ON_TFJS = ['halo', 'replicated', 'stacking'];

/** The output that an example must contain. */
const FINDS: Readonly<Record<string, RegExp>> = {
  'custom-kernel': /less than a tenth: 30\d of 4000; .*\nfused and composed weights differ by at most 0\n/,
  checkpoint: /never stopped: 0; costs of its iterations: the same bits/,
  ffts: /derivative along x by wavenumbers +\S+e-1[0-9]\n.*\n/,
  matmul: /^summa .*e-1\d.*\nblock .*e-1\d/m,
};

describe('examples', () => {
  const folder = fileURLToPath(new URL('../examples/', import.meta.url));
  const names = readdirSync(fileURLToPath(new URL('../../examples/', import.meta.url)))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .filter((name) => !MODULES.includes(name));
  let out: string;
  before(() => {
    out = mkdtempSync(join(tmpdir(), 'lops-examples-'));
  });
  after(() => rmSync(out, { recursive: true, force: true }));

  /** True if the tests run with CUDA. One example always runs with CUDA. */
  const asked = (process.env['LOPS_TEST_BACKENDS'] ?? '').split(',').includes('cuda');
  const programs = [
    ...names.map((name) => ({ name, backend: 'cpu' })),
    ...names.map((name) => ({ name, backend: 'cuda' })),
    ...ON_TFJS.map((name) => ({ name, backend: 'tfjs:wasm' })),
  ];
  for (const { name, backend } of programs.filter(
    (p) => p.backend !== 'cuda' || asked || p.name === 'custom-kernel',
  )) {
    it(`${name} runs on 2 ranks [${backend}]`, async function () {
      this.timeout(240_000);
      const files = join(out, `${name}-${backend.replace(':', '-')}`);
      const flags = [
        '--out',
        files,
        '--timing',
        '--report',
        `${files}.html`,
        '--trace',
        `${files}.json`,
        '--backend',
        backend,
        ...(FLAGS[name] ?? []),
      ];
      const env = backend === 'cuda' ? cudaEnvironment() : {};
      const result = await runRanks(2, [join(folder, `${name}.js`), ...flags], { timeout: 220_000, env });
      expect(result.code, `${result.stdout}\n${result.stderr}`).to.equal(0);
      expect(result.stdout).to.not.match(/\bNaN\b/);
      const finding = FINDS[name];
      if (finding) expect(result.stdout).to.match(finding);
      const page = readFileSync(`${files}.html`, 'utf8');
      expect(page).to.include(`<title>${name}: `).and.include('<h2>Messages by rank</h2>');
      const { traceEvents } = JSON.parse(readFileSync(`${files}.json`, 'utf8')) as {
        readonly traceEvents: readonly { readonly pid: number; readonly cat?: string }[];
      };
      const kernels = traceEvents.filter(({ cat }) => cat === 'kernel');
      expect(new Set(kernels.map(({ pid }) => pid))).to.deep.equal(new Set([0, 1]));
      // the last line of --timing, which every example prints
      expect(result.stdout).to.match(/^total +\d/m);
    });
  }

  it('a wrong flag ends all ranks, and is named once', async function () {
    this.timeout(60_000);
    const { code, stderr } = await runRanks(2, [join(folder, 'poststack.js'), '--nyy', '3', '--out', out]);
    expect(code).to.not.equal(0);
    expect(stderr.match(/unknown option '--nyy'/g)).to.have.length(1);
  });
});
