import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { planLauncher } from '../src/cli/plan-launch.js';
import { messageOf } from '../src/core/base/errors.js';
import { LIMITS, type LimitName } from './case.js';
import { type Limit, nextLine } from './limit-process.js';

const PEERS = fileURLToPath(new URL('../../bench/peer_cases.py', import.meta.url));

/** Iterates over the lines of a stream. */
const linesOf = (input: NodeJS.ReadableStream): AsyncIterator<string> =>
  createInterface({ input })[Symbol.asyncIterator]();

/** An MPI program that runs while ranks are connected to it. */
class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  /** Its first line: the work of one call, or the name of the library. */
  readonly about: Promise<string>;
  #waiting: Socket[] = [];

  constructor(args: readonly string[], ranks: number) {
    const { command, flags, env } = planLauncher(ranks);
    this.#child = spawn(command, [...flags, ...args], { env });
    this.#child.stderr.pipe(process.stderr);
    this.#lines = linesOf(this.#child.stdout);
    this.about = nextLine(this.#lines);
    // The error is thrown where a rank awaits it
    this.about.catch(() => undefined);
  }

  /** Measures one timing when all ranks have requested it. */
  async ask(socket: Socket, ranks: number): Promise<void> {
    this.#waiting.push(socket);
    if (this.#waiting.length < ranks) return;
    const all = this.#waiting;
    this.#waiting = [];
    this.#child.stdin.write('\n');
    const seconds = await nextLine(this.#lines);
    for (const one of all) one.write(`${seconds}\n`);
  }

  stop(): void {
    this.#child.stdin.end();
  }
}

/** The programs of shared limits. Undefined where they are not installed. */
export interface SharedPrograms {
  /** The compiled `native/fftw-mpi.c`. */
  readonly fftw?: string | undefined;
  /** A Python with NumPy. */
  readonly python?: string | undefined;
}

/** The name of the same case of another library. */
export type PeerName = `peer ${string}`;

/** The command line of a shared limit, or of a case of `peer_cases.py`. */
function commandOf(name: string, { fftw, python }: SharedPrograms): readonly string[] {
  if (name.startsWith('peer ') && python) return [python, PEERS, name.slice('peer '.length)];
  const kind = LIMITS[name as LimitName];
  if (!(fftw && kind && 'shared' in kind)) throw new Error(`no shared limit '${name}'`);
  return [fftw, ...kind.shared];
}

/** The cases of `peer_cases.py` on so many ranks, by the packages that this Python has. */
export function peersOf(python: string, ranks: number): ReadonlySet<string> {
  const { command, flags, env } = planLauncher(ranks);
  const args = [...flags, python, PEERS, '--list'];
  const { status, stdout, stderr, error } = spawnSync(command, args, { env, encoding: 'utf8' });
  process.stderr.write(stderr ?? '');
  if (status === 0) return new Set(stdout.split('\n'));
  process.stderr.write(`bench: no comparison with other libraries: ${error?.message ?? 'see above'}\n`);
  return new Set();
}

/**
 * Limits and other libraries that are MPI programs with as many ranks as the case. The command line
 * starts them: a launch within a launch would share its cores and variables, and ranks that wait in
 * MPI keep their cores busy. Every rank requests a timing at a socket and sleeps until it arrives.
 */
export class SharedLimits {
  readonly path: string;
  readonly #server: Server;

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  /** Opens the socket. */
  static open(programs: SharedPrograms, ranks: number, folder: string): Promise<SharedLimits> {
    const running = new Map<string, { readonly program: Program; users: number }>();
    const server = createServer((socket) => {
      const serve = async (): Promise<void> => {
        const lines = linesOf(socket);
        const name = await nextLine(lines);
        let entry = running.get(name);
        if (!entry)
          running.set(name, (entry = { program: new Program(commandOf(name, programs), ranks), users: 0 }));
        entry.users++;
        socket.write(`${await entry.program.about}\n`);
        for (;;) {
          const { done } = await lines.next();
          if (done) break;
          await entry.program.ask(socket, ranks);
        }
        entry.users--;
        if (entry.users > 0) return;
        running.delete(name);
        entry.program.stop();
      };
      serve().catch((error: unknown) => {
        process.stderr.write(`bench: ${messageOf(error)}\n`);
        socket.destroy();
      });
    });
    const path = join(folder, 'limits.sock');
    return new Promise((done) => server.listen(path, () => done(new SharedLimits(path, server))));
  }

  close(): void {
    this.#server.close();
  }
}

/** The connection of a rank to a shared limit. */
export class SharedLimit implements Limit {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  readonly work: number;
  /** What the program says of itself: the work of all ranks, or the name of the library. */
  readonly about: string;

  private constructor(socket: Socket, lines: AsyncIterator<string>, about: string, ranks: number) {
    this.#socket = socket;
    this.#lines = lines;
    this.about = about;
    this.work = Number(about) / ranks;
  }

  static async connect(path: string, name: LimitName | PeerName, ranks: number): Promise<SharedLimit> {
    const socket = connect(path);
    const lines = linesOf(socket);
    socket.write(`${name}\n`);
    return new SharedLimit(socket, lines, await nextLine(lines), ranks);
  }

  async sample(): Promise<number> {
    this.#socket.write('\n');
    return Number(await nextLine(this.#lines));
  }

  stop(): void {
    this.#socket.end();
  }
}
