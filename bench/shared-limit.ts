import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { planLauncher } from '../src/cli/plan-launch.js';
import { messageOf } from '../src/core/base/errors.js';
import { LIMITS, type LimitName } from './case.js';
import { type Limit, nextLine } from './limit-process.js';

/** Iterates over the lines of a stream. */
const linesOf = (input: NodeJS.ReadableStream): AsyncIterator<string> =>
  createInterface({ input })[Symbol.asyncIterator]();

/** An MPI program in C that runs while ranks are connected to it. */
class Program {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly work: Promise<string>;
  #waiting: Socket[] = [];

  constructor(path: string, args: readonly string[], ranks: number) {
    const { command, flags, env } = planLauncher(ranks);
    this.#child = spawn(command, [...flags, path, ...args], { env });
    this.#child.stderr.pipe(process.stderr);
    this.#lines = linesOf(this.#child.stdout);
    this.work = nextLine(this.#lines);
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

/**
 * Limits that are MPI programs with as many ranks as the case. The command line starts them: a
 * launch within a launch would share its cores and variables, and ranks that wait in MPI keep their
 * cores busy. Every rank requests a timing at a socket and sleeps until it arrives.
 */
export class SharedLimits {
  readonly path: string;
  readonly #server: Server;

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
  }

  /**
   * Opens the socket.
   *
   * @param program the compiled `native/fftw-mpi.c`
   */
  static open(program: string, ranks: number, folder: string): Promise<SharedLimits> {
    const running = new Map<string, { readonly program: Program; users: number }>();
    const server = createServer((socket) => {
      const serve = async (): Promise<void> => {
        const lines = linesOf(socket);
        const name = await nextLine(lines);
        const kind = LIMITS[name as LimitName];
        if (!('shared' in kind)) throw new Error(`no shared limit '${name}'`);
        let entry = running.get(name);
        if (!entry)
          running.set(name, (entry = { program: new Program(program, kind.shared, ranks), users: 0 }));
        entry.users++;
        socket.write(`${await entry.program.work}\n`);
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

  private constructor(socket: Socket, lines: AsyncIterator<string>, work: number) {
    this.#socket = socket;
    this.#lines = lines;
    this.work = work;
  }

  static async connect(path: string, name: LimitName, ranks: number): Promise<SharedLimit> {
    const socket = connect(path);
    const lines = linesOf(socket);
    socket.write(`${name}\n`);
    return new SharedLimit(socket, lines, Number(await nextLine(lines)) / ranks);
  }

  async sample(): Promise<number> {
    this.#socket.write('\n');
    return Number(await nextLine(this.#lines));
  }

  stop(): void {
    this.#socket.end();
  }
}
