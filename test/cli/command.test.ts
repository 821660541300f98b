import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { packageVersion } from '../../src/package/package-version.js';
import { rankEnvironment } from '../support/launch.js';

const LOPS = fileURLToPath(new URL('../../src/cli/lops.js', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const lops = (...args: readonly string[]) =>
  spawnSync(process.execPath, [LOPS, ...args], { encoding: 'utf8', env: rankEnvironment() });

/** Whether this machine has a shell. */
const has = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

describe('lops', function () {
  this.timeout(60_000);

  it('has a version, and a help with examples for each command', () => {
    expect(lops('--version').stdout.trim()).to.equal(packageVersion());
    const { stdout, status } = lops('--help');
    expect(status).to.equal(0);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) (?=.*\[|<| {2,})/gm)].map(([, name]) => name);
    for (const name of ['run', 'demo', 'bench', 'completion', 'setup', 'info', 'doctor'])
      expect(commands).to.include(name);
    for (const name of ['run', 'demo', 'bench', 'completion'])
      expect(lops(name, '--help').stdout).to.match(/Examples:\n {2}(source <\()?lops /);
  });

  it('refuses wrong commands and flags in a line or two, with exit code 1', () => {
    for (const [args, message] of [
      [['dmo'], /unknown command 'dmo'\n\(Did you mean demo\?\)/],
      [['run', '-n', '2', '--trac', 'a', 'b.js'], /unknown option '--trac'\n\(Did you mean --trace\?\)/],
      [['run', '--trace'], /argument missing/],
      [['demo', '-n', '0', 'halo'], /expected a positive integer/],
      [['demo', 'hallo'], /^lops: no example 'hallo', did you mean 'halo'\?$/m],
      [['demo', 'nothing-like-it'], /there are: arrays, .*, tomography$/m],
      [['completion', 'fish'], /Allowed choices are bash, zsh/],
      [['completion'], /missing required argument 'shell'/],
    ] as const) {
      const { status, stderr, stdout } = lops(...args);
      expect(status, args.join(' ')).to.equal(1);
      expect(stderr).to.match(message);
      expect(stderr.trim().split('\n').length + stdout.length, stderr).to.be.at.most(2);
    }
  });

  it('demo lists the examples, and runs one with its flags', () => {
    const { stdout } = lops('demo');
    expect(stdout).to.match(/^poststack +3-D post-stack inversion, four ways$/m);
    expect(stdout).to.not.match(/support|follow/);
    const folder = mkdtempSync(join(tmpdir(), 'lops-demo-'));
    try {
      const run = lops('demo', '-np', '3', 'derivatives', '--n', '12', '--out', folder);
      expect(run.status, run.stderr).to.equal(0);
      expect(existsSync(join(folder, 'derivatives.png'))).to.equal(true);
      expect(lops('demo', '-n', '1', 'derivatives', '--m', '12').status).to.equal(1);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('demo without examples says how to build them', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lops-clone-'));
    try {
      for (const name of ['package.json', 'dist/src'])
        cpSync(join(ROOT, name), join(folder, name), { recursive: true });
      symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
      for (const args of [['demo'], ['demo', 'halo']]) {
        const command = [join(folder, 'dist/src/cli/lops.js'), ...args];
        const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
        expect(status).to.equal(1);
        expect(stderr).to.equal(
          "lops: the examples are not built: run 'npm run setup' in the clone of lops-mpi\n",
        );
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('the package has what demo runs, and bench says where it is otherwise', () => {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };
    expect(files).to.include('dist/examples/*.js').and.not.include('scripts');
    expect(lops('bench', '--help').stdout).to.include('in a clone of the repository');
  });

  describe('completion', () => {
    const script = (shell: string): string => lops('completion', shell).stdout;
    /** What bash offers for a line; its last word is completed. */
    const offers = (line: string): string[] => {
      const words = line.split(' ');
      const text =
        `${script('bash')}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})\n` +
        `COMP_CWORD=${words.length - 1}\n_lops\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`;
      const { stdout, stderr, status } = spawnSync('bash', ['-c', text], { encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
      expect(stderr).to.equal('');
      return stdout.trim().split('\n');
    };

    it('of bash offers commands, flags, their values and examples', () => {
      expect(offers('lops d')).to.have.members(['demo', 'doctor']);
      expect(offers('lops run --t')).to.have.members(['--timeout', '--trace']);
      expect(offers('lops run --launcher m')).to.deep.equal(['mpiexec']);
      expect(offers('lops demo post')).to.deep.equal(['poststack']);
      expect(offers('lops completion ')).to.deep.equal(['bash', 'zsh']);
      expect(offers('lops doctor --')).to.have.members(['--json', '--help']);
      // the shell offers files
      expect(offers('lops run --trace a')).to.deep.equal(['']);
      expect(offers('lops info a')).to.deep.equal(['']);
    });

    it('of zsh names all commands and flags', () => {
      const text = script('zsh');
      for (const part of ["'demo:run an example", '--trace[write a timeline', ':value:(auto mpiexec srun)'])
        expect(text).to.include(part);
      if (!has('zsh')) return;
      const { status, stderr } = spawnSync('zsh', ['-n'], { encoding: 'utf8', input: text });
      expect(status, stderr).to.equal(0);
    });
  });
});
