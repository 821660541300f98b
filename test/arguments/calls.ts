import type { Communicator } from '../../src/core/ports/communicator.js';
import type * as Library from '../support/library.js';
import type { Target } from './signatures.js';
import { Arguments, construct, generator, keepMade, receiverOf, type Setting, textOf } from './values.js';

/** The result of a call. */
export interface Outcome {
  readonly call: string;
  /**
   * The error that was thrown, if there is one: its class, its message, and the place of the throw.
   */
  readonly error?: { readonly name: string; readonly message: string; readonly at: string };
  /** The reason why the error is not one of the library, or why its message is unclear. */
  readonly fault?: string;
}

/**
 * Texts that no error message may contain: messages of JavaScript itself, and values without a
 * text.
 */
const UNCLEAR =
  /\[object \w+\]|is not (a function|iterable|defined$|a constructor)|Cannot (read|convert|destructure|mix)|of (undefined|null)\b.*reading/;
/**
 * The error of a class that is passed instead of a user's function. The library calls it correctly,
 * and the class throws.
 */
const OF_USER = /^Class constructor \w+ cannot be invoked without 'new'/;

function faultOf(error: unknown, library: typeof Library): string | undefined {
  // an error of the operating system, such as a file that does not exist
  if (error instanceof Error && 'syscall' in error) return undefined;
  if (error instanceof TypeError && OF_USER.test(error.message)) return undefined;
  if (!(error instanceof library.LopsError))
    return `no LopsError: ${error instanceof Error ? error.name : typeof error}`;
  if (error.message.length < 10) return 'a message without content';
  const unclear = UNCLEAR.exec(error.message);
  return unclear ? `a message that says '${unclear[0]}'` : undefined;
}

function described(error: unknown): NonNullable<Outcome['error']> {
  if (!(error instanceof Error)) return { name: typeof error, message: textOf(error), at: '' };
  const at = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 4)
    .map((line) =>
      line
        .replace(/^ {4}at /, '')
        .replace(/file:\/\/.*\/dist\//, '')
        .replace(/\(?[^(]*\/(src|test)\//, '($1/'),
    )
    .join(' < ');
  return { name: error.constructor.name, message: error.message, at };
}

/** Uses the result of a call: waits for a promise, or makes a few steps of a generator. */
async function finished(result: unknown, limit: number): Promise<void> {
  if (result instanceof Promise) {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, limit);
    });
    await Promise.race([result, late]).finally(() => clearTimeout(timer));
  }
  if (typeof result !== 'object' || result === null) return;
  if (Symbol.iterator in result && 'next' in result && 'return' in result) {
    const steps = result as Generator<unknown, unknown>;
    for (let k = 0; k < 3; k++) if (steps.next().done) break;
    steps.return(undefined);
  }
}

/** Calls one target with arguments that depend only on the seed and the index. */
export async function callOnce(
  setting: Setting,
  target: Target,
  seed: number,
  wrongHere: boolean,
  comm?: Communicator,
): Promise<Outcome> {
  const { library } = setting;
  const draw = generator(seed);
  const distributed = draw() < 0.5;
  const mode = draw();
  const start = Math.floor(draw() * 2 ** 31);
  const overload = target.overloads[Math.floor(draw() * target.overloads.length)] ?? [];
  const argumentsWith = (receiver: unknown, wrongAt: number) =>
    new Arguments(setting, generator(start), receiver, distributed, generator(start + 1), wrongAt);
  let call = `${target.owner}.${target.member}`;
  try {
    const receiver =
      target.form === 'method' || target.form === 'getter'
        ? receiverOf(argumentsWith(undefined, -1), target)
        : undefined;
    const whole = argumentsWith(receiver, -1);
    let values: unknown[];
    try {
      values = whole.list(overload);
      const wrongAt = Math.floor(draw() * Math.max(1, whole.made));
      const wrong = argumentsWith(receiver, wrongAt);
      const any = mode > 0.9;
      if (wrongHere && any) values = values.concat(values.length === 0 ? [1] : []).map(() => wrong.wrong(''));
      else if (wrongHere && mode > 0.2) values = wrong.list(overload);
      if (wrongHere && mode > 0.97) values = values.slice(1);
    } catch (error) {
      // if the arguments cannot be made, there is no call
      if (error instanceof library.LopsError) return { call: '' };
      throw error;
    }
    const text = `(${values.map((v) => textOf(v)).join(', ')})`;
    const name =
      target.member === 'new'
        ? `new ${target.owner}`
        : `${target.owner}${target.member ? `.${target.member}` : ''}`;
    call = `${name}${target.form === 'getter' ? '' : text}`;
    if ((target.form === 'method' || target.form === 'getter') && receiver === undefined) return { call: '' };
    try {
      let result: unknown;
      if (target.form === 'construct') {
        result = construct(setting, target, values);
        keepMade(result as object);
      } else if (target.form === 'getter') result = (receiver as Record<string, unknown>)[target.member];
      else {
        const owner = target.form === 'method' ? receiver : setting.exported(target.module, target.owner);
        const f = target.member === '' ? owner : (owner as Record<string, unknown>)[target.member];
        if (typeof f !== 'function') return { call: '' };
        result = Reflect.apply(f, owner, values);
      }
      await finished(result, 3000);
      return { call };
    } catch (error) {
      const fault = faultOf(error, library);
      return { call, error: described(error), ...(fault && { fault }) };
    }
  } finally {
    library.setDefaultBackend(firstBackend(library));
    library.setDefaultCommunicator(comm ?? library.COMM_WORLD);
    library.setLogger(undefined);
  }
}

let backend: Library.Backend | undefined;
const firstBackend = (library: typeof Library): Library.Backend => (backend ??= library.defaultBackend());
