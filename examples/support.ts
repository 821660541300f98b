import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { COMM_WORLD, LopsError, loadBackend } from 'lops-mpi';
import {
  formatProfile,
  type Profile,
  profile,
  type Report,
  startReport,
  startTrace,
  startWatch,
  type Trace,
  type Watch,
} from 'lops-mpi/cli';
import type { Figure } from 'lops-mpi/plotting';

/** Flags of every example. */
export interface CommonFlags {
  readonly backend: string;
  readonly out: string;
  readonly timing?: boolean;
  readonly trace?: string;
  readonly report?: string;
  readonly watch?: true | number;
  readonly emulatedCuda?: boolean;
}

let profiling: Profile | undefined;
let trace: Trace | undefined;
let watch: Watch | undefined;
let report: { readonly page: Report; readonly path: string } | undefined;

/** Parses a number. */
export function numeric(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

/** Parses an integer of at least `least`. */
export const integerFrom =
  (least: number) =>
  (text: string): number => {
    const value = numeric(text);
    if (!Number.isSafeInteger(value) || value < least)
      throw new InvalidArgumentError(`Expected an integer of at least ${least}.`);
    return value;
  };

/** Parses a positive integer. */
export const positive = integerFrom(1);

/** Builds the emulator once, on rank 0, and selects it on every rank. */
async function emulateCuda(): Promise<void> {
  const script = new URL('../../scripts/emulated-cuda.mjs', import.meta.url).href;
  const { takeEmulatedCuda } = (await import(script)) as {
    takeEmulatedCuda(args: string[]): Promise<boolean>;
  };
  if (COMM_WORLD.rank === 0) await takeEmulatedCuda(['--emulated-cuda']);
  COMM_WORLD.barrier();
  if (COMM_WORLD.rank !== 0) await takeEmulatedCuda(['--emulated-cuda']);
}

/**
 * Parses the flags of an example and the common flags, and loads the backend. A wrong flag ends
 * every rank, and rank 0 prints the reason.
 *
 * @param misfit the reason why flags do not fit each other, if they do not
 */
export async function parseFlags<T>(
  name: string,
  description: string,
  add: (command: Command) => Command,
  misfit: (flags: T) => string | undefined = () => undefined,
): Promise<T & CommonFlags> {
  const quiet = COMM_WORLD.rank !== 0;
  const command = add(
    new Command(name)
      .description(description)
      .addOption(new Option('--backend <name>', 'where arrays live').default('cpu'))
      .option('--out <folder>', 'where results are written', `out/${name}`)
      .option('--timing', 'print what the time was spent on')
      .option('--trace <file>', 'write a timeline for ui.perfetto.dev or chrome://tracing')
      .option('--report <file>', 'write a page of HTML with figures, convergence, times and messages')
      .option(
        '--watch [seconds]',
        'show the run in a browser; waits so long for it before the start',
        numeric,
      )
      .option('--emulated-cuda', 'run the backend cuda on an emulator, in a clone of the repository')
      .allowExcessArguments(false)
      .exitOverride()
      .configureOutput({
        writeOut: (s) => quiet || process.stdout.write(s),
        writeErr: (s) => quiet || process.stderr.write(s),
      }),
  );
  try {
    const flags = command.parse().opts<T & CommonFlags>();
    const reason = misfit(flags);
    if (reason !== undefined) command.error(`error: ${reason}`);
    if (flags.emulatedCuda) await emulateCuda();
    await loadBackend(flags.backend);
    if (!quiet) mkdirSync(flags.out, { recursive: true });
    if (flags.trace !== undefined) trace = startTrace(flags.trace, { backend: flags.backend });
    if (flags.report !== undefined)
      report = { page: beginReport(name, description, flags), path: flags.report };
    if (flags.watch !== undefined) watch = beginWatch(name, description, flags);
    if (flags.timing) profiling = profile({ backend: flags.backend });
    return flags;
  } catch (error) {
    if (!(error instanceof CommanderError || error instanceof LopsError)) throw error;
    if (!quiet && !(error instanceof CommanderError && error.code.startsWith('commander.')))
      console.error(`${name}: ${error.message}`);
    COMM_WORLD.barrier();
    process.exit(error instanceof CommanderError ? error.exitCode : 1);
  }
}

/** The flags that an example has of its own. */
function ownFlags(flags: CommonFlags): Readonly<Record<string, unknown>> {
  const { backend, out, timing, trace: timeline, report: page, watch: wait, emulatedCuda, ...own } = flags;
  return own;
}

/** Begins the report of an example, with its flags as the parameters. */
function beginReport(name: string, description: string, flags: CommonFlags): Report {
  const { backend } = flags;
  return startReport({ title: `${name}: ${description}`, parameters: ownFlags(flags), backend });
}

/** Serves a page about an example while it runs. */
function beginWatch(name: string, description: string, flags: CommonFlags): Watch {
  const wait = typeof flags.watch === 'number' ? flags.watch : 0;
  return startWatch({ title: `${name}: ${description}`, parameters: ownFlags(flags), wait });
}

/** Writes a figure as PNG, and into the report. On rank 0 only. */
export function writeFigure(figure: Figure, path: string): void {
  figure.writePng(path);
  report?.page.addFigure(basename(path), figure);
}

/** Prints a line on rank 0 only. */
export function say(text: string): void {
  report?.page.addText(text);
  if (COMM_WORLD.rank === 0) console.log(text);
}

/**
 * Ends an example, on all ranks. With `--trace` it writes the timeline, with `--timing` it prints a
 * profile. Then rank 0 calls `output`, which draws and writes results. With `--report` all ranks
 * write the page at last.
 */
export function finish(output?: () => void): void {
  if (profiling) {
    const text = formatProfile(profiling.stop());
    say(`\n${text}`);
  }
  trace?.stop();
  watch?.stop();
  report?.page.stop();
  if (COMM_WORLD.rank === 0) output?.();
  report?.page.write(report.path);
}
