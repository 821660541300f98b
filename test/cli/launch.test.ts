import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { srunMpiType } from '../../src/cli/find-srun.js';
import { planLaunch } from '../../src/cli/plan-launch.js';
import { typeScriptFlags } from '../../src/cli/typescript-flags.js';
import { ArgumentError } from '../../src/core/base/errors.js';
import { withoutLaunch } from '../../src/mpi/launch-environment.js';
import { loadMpi } from '../../src/mpi/mpi-addon.js';
import { packageVersion } from '../../src/package/package-version.js';
import { rankEnvironment } from '../support/launch.js';

const LOPS = fileURLToPath(new URL('../../src/cli/lops.js', import.meta.url));
const INDEX = new URL('../../src/index.js', import.meta.url).href;
const TYPESCRIPT = fileURLToPath(new URL('../../../node_modules/typescript', import.meta.url));

describe('lops run', function () {
  this.timeout(40_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'lops-run-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [LOPS, 'run', ...args], {
      encoding: 'utf8',
      env: { ...rankEnvironment(), ...env },
    });
  const refuses = (args: readonly string[], message: RegExp, env: NodeJS.ProcessEnv = {}): void => {
    const { status, stderr, stdout } = run(args, env);
    expect(status, stdout).to.equal(1);
    expect(stderr).to.match(message);
    expect(stderr.trim().split('\n'), stderr).to.have.length(1);
  };

  it('refuses a script that it cannot run, in one line', () => {
    const script = file('fine.mjs', '');
    refuses(['-n', '0', script], /expected a positive integer/);
    refuses(['-n', '2.5', script], /expected a positive integer/);
    refuses(['-n', '2'], /missing required argument 'script'/);
    refuses(['-n', '2', join(folder, 'none.mjs')], /no such script: .*none\.mjs/);
    refuses(['-n', '2', folder], /is a folder/);
    refuses(['-n', '2', script], /^lops: expected LOPS_DEBUG to be '0' or '1', received 'true'$/m, {
      LOPS_DEBUG: 'true',
    });
    refuses(['-n', '2', '--launcher', 'rsh', script], /auto, mpiexec, srun/);
    refuses(['-n', '2', '--launcher', 'srun', script], /srun starts ranks within a job/, {
      SLURM_JOB_ID: undefined,
    });
  });

  it('names a missing addon, a missing mpiexec, or the mpiexec of another MPI', () => {
    const script = file('fine.mjs', '');
    refuses(['-n', '2', script], /the MPI addon is not built .*: install an MPI .*npx lops setup/, {
      LOPS_MPI_ADDON: '/nonexistent',
      PATH: folder,
    });
    file('mpi/mpicc', '');
    refuses(['-n', '2', script], /the MPI addon is not built .*: run 'npx lops setup'/, {
      LOPS_MPI_ADDON: '/nonexistent',
      PATH: join(folder, 'mpi'),
    });
    refuses(['-n', '2', script], /LOPS_MPIEXEC=\/nonexistent does not run/, { LOPS_MPIEXEC: '/nonexistent' });
    const [mine, theirs] =
      loadMpi().describe().library === 'Open MPI' ? ['Open MPI', 'HYDRA'] : ['MPICH', 'OpenRTE'];
    const other = file('mpiexec', `#!/bin/sh\necho ${theirs}\n`);
    refuses(['-n', '2', script], /does not run: expected the path of an mpiexec/, { LOPS_MPIEXEC: other });
    chmodSync(other, 0o755);
    refuses(['-n', '2', script], new RegExp(`is .*'s, but the addon is built with ${mine}`), {
      LOPS_MPIEXEC: other,
    });
  });

  it('runs TypeScript with the tsx beside the script', () => {
    // The compiler removes the types, as tsx does.
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(TYPESCRIPT, join(folder, 'node_modules/typescript'));
    file(
      'node_modules/tsx/package.json',
      JSON.stringify({ name: 'tsx', type: 'module', exports: './index.mjs' }),
    );
    file(
      'node_modules/tsx/index.mjs',
      "import { register } from 'node:module'; register('./hooks.mjs', import.meta.url);",
    );
    file(
      'node_modules/tsx/hooks.mjs',
      `import { readFileSync } from 'node:fs';
       import ts from 'typescript';
       export async function load(url, context, next) {
         if (!url.endsWith('.ts')) return next(url, context);
         const compilerOptions = { module: 'esnext', target: 'es2022' };
         const { outputText } = ts.transpileModule(readFileSync(new URL(url), 'utf8'), { compilerOptions });
         return { format: 'module', source: outputText, shortCircuit: true };
       }`,
    );
    const script = file(
      'hello.ts',
      `import { COMM_WORLD as w } from '${INDEX}'; const text: string = w.rank + '/' + w.size; ` +
        'console.log(text, process.argv.slice(2).join());',
    );
    const { status, stdout, stderr } = run(['-n', '2', script, '--flag', '3']);
    expect(status, stderr).to.equal(0);
    expect(stdout.trim().split('\n').sort()).to.deep.equal(['0/2 --flag,3', '1/2 --flag,3']);
  });

  it('runs TypeScript where Node.js strips types, and names what is missing where it does not', () => {
    const script = join(tmpdir(), 'elsewhere.ts');
    expect(typeScriptFlags(script, true)).to.deep.equal([]);
    expect(typeScriptFlags('script.js', false)).to.deep.equal([]);
    expect(() => typeScriptFlags(script, false)).to.throw(ArgumentError, /tsx.*22\.18.*compile it/);
    expect(() => typeScriptFlags(`${script}x`, true)).to.throw(ArgumentError, /tsx/);
  });

  const PRINT = `import { COMM_WORLD as W } from '${INDEX}';\n`;
  const COUNT = `${PRINT}for (let i = 0; i < 20000; i++) console.log(W.rank, i);\n`;
  const ABORT = `${PRINT}W.barrier();\nif (W.rank === 1) process.exit(3);\n`;
  /** The folders that a launch makes for its time. */
  const leftovers = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('lops-launch-'));

  it('ends quietly when the reader of its output ends, and leaves no folder', () => {
    const script = file('count.mjs', COUNT);
    const before = leftovers();
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `"${process.execPath}" "${LOPS}" run -n 2 "${script}" | head -n 1`],
      { encoding: 'utf8', env: rankEnvironment() },
    );
    expect(stdout).to.match(/^[01] 0\n$/);
    expect(stderr).to.not.match(/EPIPE|SIGPIPE|at .*:\d+:\d+/);
    expect(leftovers()).to.deep.equal(before);
  });

  /** The output of two ranks that print their rank and a number in each of `count` lines. */
  const printed = (count: number, prefix: (rank: number) => string): string[] =>
    [0, 1].flatMap((r) => Array.from({ length: count }, (_, k) => `${prefix(r)}${r} ${k}`));

  it('writes all output to a pipe, without colours', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [LOPS, 'run', '-np', '2', file('count.mjs', COUNT)],
      { encoding: 'utf8', env: rankEnvironment(), maxBuffer: 1 << 24 },
    );
    expect(status, stderr).to.equal(0);
    // Open MPI may break a line of one rank by output of another, so characters are compared
    const characters = (text: string) => [...text].sort().join('');
    const expected = `${printed(20_000, () => '').join('\n')}\n`;
    expect(characters(stdout) === characters(expected), stdout.slice(0, 200)).to.equal(true);
  });

  it('--prefix names the rank of each line', () => {
    const script = file('few.mjs', COUNT.replace('20000', '20'));
    const { stdout, stderr } = run(['-n', '2', '--prefix', script]);
    expect(stdout.trimEnd().split('\n').sort(), stderr).to.deep.equal(printed(20, (r) => `[${r}] `).sort());
    const alone = run(['-n', '1', '--prefix', file('text.mjs', `${PRINT}process.stdout.write('a\\nb');`)]);
    expect(alone.stdout).to.equal('[0] a\n[0] b');
  });

  it('prints an error once, without what the launcher says of it', () => {
    const { status, stderr } = run(['-n', '2', file('abort.mjs', ABORT)]);
    expect(status).to.equal(3);
    expect(stderr).to.match(/^lops-mpi: rank 1 of 2 .*exits with code 3, the job is aborted\n/);
    expect(stderr).to.not.match(/MPI_ABORT|Primary job|ORTE_ERROR_LOG/);
  });

  it('works where TMPDIR is missing', () => {
    const script = file('one.mjs', `${PRINT}console.log(W.size);\n`);
    const { status, stdout, stderr } = run(['-n', '2', script], { TMPDIR: join(folder, 'none') });
    expect([status, stdout], stderr).to.deep.equal([0, '2\n2\n']);
  });

  it('--timeout and --debug set what the variables of the same meaning set', () => {
    const script = file(
      'variables.mjs',
      `${PRINT}if (W.rank === 0) console.log(process.env.LOPS_DEBUG, process.env.LOPS_TIMEOUT);\n`,
    );
    const { stdout, stderr } = run(['-n', '2', '--debug', '--timeout', '30', script]);
    expect(stdout, stderr).to.equal('1 30\n');
    refuses(['-n', '2', '--timeout', '0', script], /expected a positive integer/);
  });

  it('passes its settings to ranks on other nodes, also where the launcher passes no variables', () => {
    const script = file('passed.mjs', '');
    const { args, env } = planLaunch({ ranks: 2, script, debug: true, timeout: 30, trace: 'trace.json' });
    expect(env).to.include({ LOPS_DEBUG: '1', LOPS_TIMEOUT: '30', LOPS_TRACE: 'trace.json' });
    const flags = args.slice(0, args.indexOf(process.execPath));
    const passed = flags.flatMap((flag, k) => (flag === '-x' ? [flags[k + 1] as string] : []));
    // hydra and srun pass the whole environment
    if (loadMpi().describe().library !== 'Open MPI') expect(passed).to.deep.equal([]);
    else expect(passed).to.include.members(Object.keys(env).filter((name) => name.startsWith('LOPS_')));
  });

  it('names an interruption', async () => {
    const script = file('long.mjs', `${PRINT}console.log('started');\nfor (;;) W.barrier();\n`);
    const child = spawn(process.execPath, [LOPS, 'run', '-n', '2', script], { env: rankEnvironment() });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const code = await new Promise((done) => child.on('close', done));
    expect(code).to.equal(130);
    expect(stderr).to.include('lops run: interrupted (Ctrl-C)');
  });

  it('has a version', () => {
    const { stdout } = spawnSync(process.execPath, [LOPS, '--version'], { encoding: 'utf8' });
    expect(stdout).to.equal(`${packageVersion()}\n`);
  });
});

describe('launchers', () => {
  it('srun is started with a process manager that both the MPI and the cluster support', () => {
    const offered = ['none', 'pmi2', 'cray_shasta', 'pmix', 'pmix_v4'];
    expect(srunMpiType({ library: 'Open MPI', version: 'Open MPI v4.1.4' }, offered)).to.equal('pmix');
    expect(srunMpiType({ library: 'MPICH', version: 'MPICH Version: 4.0.2' }, offered)).to.equal('pmi2');
    expect(srunMpiType({ library: 'MPICH', version: 'CRAY MPICH version 8.1' }, offered)).to.equal(undefined);
    expect(srunMpiType({ library: 'Open MPI', version: '' }, ['none'])).to.equal(undefined);
  });

  it('a launch from within a rank keeps the variables of the job, not those of the rank', () => {
    const job = {
      SLURM_JOB_ID: '7',
      SLURM_NODELIST: 'n[1-2]',
      SLURM_TASKS_PER_NODE: '2(x2)',
      SLURM_NTASKS: '4',
      OMPI_MCA_btl: 'self',
      OPAL_PREFIX: '/opt/openmpi',
    };
    const rank = {
      SLURM_PROCID: '1',
      SLURM_STEP_ID: '0',
      SLURM_STEP_TASKS_PER_NODE: '2',
      SLURM_TASK_PID: '9',
      PMIX_RANK: '1',
      OMPI_COMM_WORLD_RANK: '1',
    };
    expect(withoutLaunch({ ...job, ...rank })).to.deep.equal(job);
  });
});
