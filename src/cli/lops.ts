#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { ArgumentError, LopsError } from '../core/base/errors.js';
import { packagePath } from '../package/package-root.js';
import { packageVersion } from '../package/package-version.js';
import { completionScript, SHELLS, type Shell } from './completion.js';
import { type JobOptions, LAUNCHERS } from './plan-launch.js';
import { launch } from './run.js';

function positive(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('expected a positive integer.');
  return n;
}

interface RunFlags {
  readonly ranks: number;
  readonly mpiexecArgs: string;
  readonly launcher: NonNullable<JobOptions['launcher']>;
  readonly debug?: boolean;
  readonly timeout?: number;
  readonly prefix?: boolean;
  readonly trace?: string;
}

/** The flags of `run` and `demo` that have a value. */
const VALUED = ['-n', '-np', '--ranks', '--mpiexec-args', '--launcher', '--timeout', '--trace'];

/** Writes mpiexec's `-np` before the script as `-n`. */
function withoutNp(argv: readonly string[]): string[] {
  const args = [...argv];
  for (let k = 3; k < args.length && args[k]?.startsWith('-'); k++) {
    const flag = args[k] as string;
    if (flag === '-np') args[k] = '-n';
    if (VALUED.includes(flag)) k++;
  }
  return args;
}

/** What the help says at its end: calls of the command, and what they do. */
const examples = (...lines: readonly (readonly [call: string, meaning: string])[]): string => {
  const width = Math.max(...lines.map(([call]) => call.length));
  return `\nExamples:\n${lines.map(([call, meaning]) => `  ${call.padEnd(width)}  ${meaning}`).join('\n')}`;
};

const program = new Command('lops')
  .description('Distributed linear operators and inverse problems over MPI')
  .version(packageVersion(), '-V, --version', 'print the version')
  .enablePositionalOptions()
  .addHelpText(
    'after',
    examples(
      ['lops run -n 4 script.js', 'run a script on four ranks'],
      ['lops demo -n 2 lsm', 'run an example of the package'],
      ['lops doctor', 'what is installed, and what to do about what is missing'],
    ),
  );

/** Adds the flags of commands that start ranks. */
const withLaunch = (command: Command): Command =>
  command
    .option('--debug', 'compare the calls of all ranks, with source lines (LOPS_DEBUG=1)')
    .option('--timeout <seconds>', 'end the job after so long in one call (LOPS_TIMEOUT)', positive)
    .option('--prefix', 'begin each line of output with the rank')
    .option('--trace <file>', 'write a timeline for ui.perfetto.dev or chrome://tracing (LOPS_TRACE)')
    .option('--mpiexec-args <text>', 'further arguments of the launcher, separated by spaces', '')
    .addOption(new Option('--launcher <name>', 'what starts the ranks').choices(LAUNCHERS).default('auto'));

/** Runs a script on several ranks, and exits with the exit code of the job. */
async function runScript(
  script: string,
  args: readonly string[],
  { mpiexecArgs: text, ...options }: RunFlags,
): Promise<void> {
  const mpiexecArgs = text.split(/\s+/).filter((a) => a !== '');
  process.exitCode = await launch({ ...options, script, args, mpiexecArgs });
}

withLaunch(
  program
    .command('run')
    .description('run a script on several ranks')
    .requiredOption('-n, --ranks <n>', 'number of ranks (also -np)', positive),
)
  .argument('<script>', 'JavaScript or TypeScript file')
  .argument('[args...]', 'arguments of the script')
  .passThroughOptions()
  .addHelpText(
    'after',
    examples(
      ['lops run -n 4 invert.js --niter 30', 'flags after the script are its own'],
      ['lops run -n 4 --debug --timeout 60 invert.js', 'find ranks that wait for each other'],
      ['lops run -n 4 --trace trace.json invert.js', 'what each rank does when'],
    ),
  )
  .action(runScript);

withLaunch(
  program
    .command('demo')
    .description('run an example of the package on several ranks; without a name, list them')
    .option('-n, --ranks <n>', 'number of ranks (also -np)', positive, 2),
)
  .argument('[name]', 'name of an example')
  .argument('[args...]', 'flags of the example')
  .passThroughOptions()
  .addHelpText(
    'after',
    examples(
      ['lops demo', 'list the examples'],
      ['lops demo -n 4 lsm --sources 40', 'flags after the name are those of the example'],
      ['lops demo poststack --help', 'the flags of an example'],
    ),
  )
  .action(async (name: string | undefined, args: string[], flags: RunFlags) => {
    const { builtDemos, demoNamed } = await import('./demos.js');
    if (name !== undefined) return runScript(demoNamed(name).script, args, flags);
    const all = builtDemos();
    const width = Math.max(...all.map((demo) => demo.name.length));
    for (const demo of all) console.log(`${demo.name.padEnd(width)}  ${demo.description}`);
  });

program
  .command('bench')
  .description('time the library beside the limits of the machine, in a clone of the repository')
  .argument('[args...]', 'cases, and flags such as --ranks 2 --quick')
  .allowUnknownOption()
  .passThroughOptions()
  .addHelpText(
    'after',
    examples(
      ['lops bench --list --no-setup', 'the names of the cases'],
      ['lops bench --ranks 2 axpy', 'one case on two ranks'],
    ),
  )
  .action((args: string[]) => {
    const script = packagePath('scripts/bench.mjs');
    if (!existsSync(script))
      throw new ArgumentError(
        'the package does not ship its benchmarks: clone the repository, and run ' +
          "'npm ci && npm run bench' there (bench/README.md)",
      );
    const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  });

program
  .command('completion')
  .description('print the completion of this command for a shell')
  .addArgument(new Argument('<shell>', 'name of the shell').choices(SHELLS))
  .addHelpText(
    'after',
    examples(
      ['source <(lops completion bash)', 'in ~/.bashrc'],
      ['source <(lops completion zsh)', 'in ~/.zshrc, after compinit'],
    ),
  )
  .action(async (shell: Shell) => {
    const { demos } = await import('./demos.js');
    const words = { demo: demos().map(({ name }) => name), completion: SHELLS };
    process.stdout.write(completionScript(shell, program, words));
  });

program
  .command('setup')
  .description('build the native addons for the libraries that are present')
  .action(() => {
    const script = packagePath('scripts/build-native.mjs');
    const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
    process.exitCode = status ?? 1;
  });

program
  .command('info')
  .description('print what a .npy, .npz, Zarr, HDF5 or SEG-Y file holds, with a small picture')
  .option('--array <name>', 'the array of an .npz archive, or the dataset of an HDF5 file, to show')
  .argument('<file>', 'file, or folder of a Zarr array')
  .action(async (file: string, { array }: { array?: string }) => {
    const { fileText } = await import('./info.js');
    console.log(fileText(file, array));
  });

program
  .command('doctor')
  .description('report versions, addons, MPI, ranks and devices, and what to do about what is missing')
  .option('--json', 'for programs')
  .action(async ({ json }: { json?: boolean }) => {
    const [{ examine }, { doctorText }] = await Promise.all([
      import('./doctor.js'),
      import('./doctor-text.js'),
    ]);
    const report = await examine();
    if (!report) return;
    console.log(json ? JSON.stringify(report, undefined, 2) : doctorText(report));
    if (report.problems.some((p) => p.severity === 'error')) process.exitCode = 1;
  });

try {
  await program.parseAsync(withoutNp(process.argv));
} catch (error) {
  if (!(error instanceof LopsError)) throw error;
  console.error(`lops: ${error.message}`);
  process.exitCode = 1;
}
