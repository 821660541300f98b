import { ArgumentError, BackendError } from '../../core/base/errors.js';
import { type Defaults, withDefaults } from '../../core/base/options.js';
import { textOf } from '../../core/base/text-of.js';
import type { Backend } from '../../core/ports/backend.js';
import { resolveBackend } from '../../core/ports/defaults.js';
import { type LoadPackage, TFJS_ENGINES, type TfjsEngine } from './engines.js';
import { loadTfjs, requirePackage } from './load.js';
import { TfjsBackend } from './tfjs-backend.js';
import type { TensorModule } from './tfjs-engine.js';

/** Options of {@link createTfjsBackend}. */
export interface TfjsBackendOptions {
  /** @default the first of node-gpu, node, wasm, cpu that is installed */
  readonly engine?: TfjsEngine;
  /**
   * A module of the tfjs family that the caller has loaded and in which an engine is selected. It
   * replaces `engine`.
   */
  readonly tf?: TensorModule;
  /** @default `tfjs:` and the engine */
  readonly name?: string;
  /** Runs the kernels that the engine lacks. @default the backend 'cpu' */
  readonly host?: Backend;
  /** This rank's number within its machine, which selects the GPU. @default no choice is made */
  readonly localRank?: number | undefined;
  /** The function that loads packages. @default `require` */
  readonly loadPackage?: LoadPackage;
}

/**
 * Checks that the engine can be read synchronously, which the synchronous solvers need.
 *
 * @throws {@link BackendError} if it cannot
 */
function checkEngine(tf: TensorModule): void {
  let found: number | undefined;
  try {
    tf.tidy(() => {
      found = tf.add(tf.tensor1d(Float32Array.of(1, 2), 'float32'), tf.scalar(1, 'float32')).dataSync()[1];
    });
  } catch (cause) {
    throw new BackendError(
      `the engine '${tf.getBackend()}' of tfjs cannot be read synchronously: choose one of ` +
        `${TFJS_ENGINES.join(', ')}`,
      { cause },
    );
  }
  if (found !== 3)
    throw new BackendError(
      `the engine '${tf.getBackend()}' of tfjs computes 2 + 1 = ${textOf(found)}: choose another`,
    );
}

const DEFAULTS = {
  engine: undefined,
  tf: undefined,
  name: undefined,
  host: undefined,
  localRank: undefined,
  loadPackage: undefined,
} satisfies Defaults<TfjsBackendOptions>;

/**
 * Creates a backend over `@tensorflow/tfjs-core`: float32, complex64, int32 and bool. The function
 * is asynchronous because it loads the engine. `await loadBackend('tfjs')`, `'tfjs:wasm'` etc. do
 * the same by name.
 *
 * @throws {@link BackendError} with the remedy if no engine is installed, or if an installed one
 * does not load
 */
export async function createTfjsBackend(options?: TfjsBackendOptions): Promise<TfjsBackend> {
  const given = withDefaults('createTfjsBackend', options, DEFAULTS);
  const { engine: wanted, localRank, loadPackage = requirePackage } = given;
  if (wanted !== undefined && !TFJS_ENGINES.includes(wanted))
    throw new ArgumentError(`expected an engine (${TFJS_ENGINES.join(', ')}), received ${textOf(wanted)}`);
  const host = given.host ?? resolveBackend('cpu');
  if (given.tf) {
    await given.tf.ready();
    checkEngine(given.tf);
    return new TfjsBackend(given.name ?? `tfjs:${given.tf.getBackend()}`, given.tf, host);
  }
  const { engine, tf } = await loadTfjs(wanted, localRank, loadPackage);
  checkEngine(tf);
  return new TfjsBackend(given.name ?? `tfjs:${engine}`, tf, host);
}
