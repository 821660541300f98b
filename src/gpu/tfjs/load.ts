import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BackendError, messageOf } from '../../core/base/errors.js';
import type { TensorModule } from './tfjs-engine.js';

/** Engines, the preferred ones first. */
export const TFJS_ENGINES = ['node-gpu', 'node', 'wasm', 'cpu'] as const;
/** An engine of TensorFlow.js. */
export type TfjsEngine = (typeof TFJS_ENGINES)[number];

/** Loads a package by name; throws as `require` does. */
export type LoadPackage = (name: string) => unknown;

interface EngineInfo {
  /** The one with the functions of tensors. */
  readonly module: string;
  /** The one that brings the engine, where it is another. */
  readonly engine?: string;
  /** How the module calls the engine. */
  readonly backend: string;
}

const INFO: Readonly<Record<TfjsEngine, EngineInfo>> = {
  'node-gpu': { module: '@tensorflow/tfjs-node-gpu', backend: 'tensorflow' },
  node: { module: '@tensorflow/tfjs-node', backend: 'tensorflow' },
  wasm: { module: '@tensorflow/tfjs-core', engine: '@tensorflow/tfjs-backend-wasm', backend: 'wasm' },
  cpu: { module: '@tensorflow/tfjs-core', engine: '@tensorflow/tfjs-backend-cpu', backend: 'cpu' },
};

const packagesOf = ({ module, engine }: EngineInfo): string[] => (engine ? [module, engine] : [module]);

const INSTALL = [
  'npm install @tensorflow/tfjs-node-gpu (NVIDIA GPU, CUDA 11.2 with cuDNN 8.1)',
  'npm install @tensorflow/tfjs-node (TensorFlow on the CPU)',
  'npm install @tensorflow/tfjs-core @tensorflow/tfjs-backend-wasm (anywhere)',
].join(', or ');

/** What a module of the package family has beside the functions of tensors. */
interface LoadedModule extends TensorModule {
  env(): { set(flag: string, value: boolean): void };
  backend(): unknown;
}

/**
 * From where this package lies, or else from the working directory: peers of a linked package lie
 * beside the program.
 */
export const requirePackage: LoadPackage = (name) => {
  const here = createRequire(import.meta.url);
  try {
    return here(name);
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    return createRequire(join(process.cwd(), 'package.json'))(name);
  }
};

function isMissing(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'MODULE_NOT_FOUND' &&
    error.message.includes(`'${name}'`)
  );
}

/**
 * A package, or undefined where it is not installed. Throws {@link BackendError} where it is and
 * does not load.
 */
function load(name: string, loadPackage: LoadPackage): unknown {
  try {
    return loadPackage(name);
  } catch (error) {
    if (isMissing(error, name)) return undefined;
    const why = messageOf(error).trim().split('\n')[0];
    const remedy = name.startsWith('@tensorflow/tfjs-node')
      ? 'the TensorFlow library, which its install script downloads, is missing or does not fit: npm ' +
        'rebuild ' +
        `${name}${name.endsWith('gpu') ? ', and have CUDA 11.2 and cuDNN 8.1 on the library path' : ''}; ` +
        `or choose another engine by its name: ${namesOf().join(', ')}`
      : `npm install ${name} again`;
    throw new BackendError(`${name} is installed but cannot be loaded (${why}): ${remedy}`, { cause: error });
  }
}

const namesOf = (): string[] => TFJS_ENGINES.map((engine) => `tfjs:${engine}`);

/** Node 23 dropped it, and tfjs-node calls it. */
function restoreUtil(): void {
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = createRequire(import.meta.url)(
    'node:util',
  );
  util.isNullOrUndefined ??= (value) => value === undefined || value === null;
}

/**
 * The GPU of a rank, as `CUDA_VISIBLE_DEVICES` wants it: one of those that are visible, in turn;
 * undefined where there is nothing to choose.
 */
export function deviceOfRank(
  localRank: number | undefined,
  visible: string | undefined,
  devices: readonly string[],
): string | undefined {
  const choice = visible === undefined ? devices : visible.split(',').filter((d) => d.trim() !== '');
  return localRank === undefined || choice.length === 0
    ? undefined
    : choice[localRank % choice.length]?.trim();
}

/** Numbers of the GPUs of this machine. */
function gpus(): string[] {
  try {
    return readdirSync('/dev').flatMap((name) => name.match(/^nvidia(\d+)$/)?.[1] ?? []);
  } catch {
    return [];
  }
}

/**
 * Must come before the engine is loaded, which takes every GPU that it sees, and all of its memory.
 */
function chooseGpu(localRank: number | undefined): void {
  const device = deviceOfRank(localRank, process.env['CUDA_VISIBLE_DEVICES'], gpus().sort());
  if (device !== undefined) process.env['CUDA_VISIBLE_DEVICES'] = device;
  process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
}

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Runs `body` and takes away the listeners that it added to the process: how an error ends a rank
 * is this library's business.
 */
async function withoutListeners<T>(body: () => Promise<T>): Promise<T> {
  const before = EVENTS.map((event) => new Set(process.rawListeners(event)));
  try {
    return await body();
  } finally {
    for (const [k, event] of EVENTS.entries())
      for (const listener of process.rawListeners(event))
        if (!before[k]?.has(listener))
          process.removeListener(event, listener as (...args: unknown[]) => void);
  }
}

/** The module of an engine with that engine chosen, or undefined where it is not installed. */
async function loadEngine(
  engine: TfjsEngine,
  localRank: number | undefined,
  loadPackage: LoadPackage,
): Promise<LoadedModule | undefined> {
  const info = INFO[engine];
  if (info.backend === 'tensorflow') restoreUtil();
  if (engine === 'node-gpu') chooseGpu(localRank);
  return withoutListeners(async () => {
    const loaded = packagesOf(info).map((name) => load(name, loadPackage));
    if (loaded.includes(undefined)) return undefined;
    const tf = loaded[0] as LoadedModule;
    // No advertisement of other engines on the standard error
    tf.env().set('PROD', true);
    if (!(await tf.setBackend(info.backend)))
      throw new BackendError(
        `the engine '${engine}' of tfjs did not start: choose another of ${namesOf().join(', ')}`,
      );
    return tf;
  });
}

/** Whether a module of TensorFlow runs on a GPU; true where it does not tell. */
function usesGpu(tf: LoadedModule): boolean {
  const backend = tf.backend();
  return !(
    typeof backend === 'object' &&
    backend !== null &&
    'isUsingGpuDevice' in backend &&
    backend.isUsingGpuDevice === false
  );
}

/**
 * The first engine of those wanted that is installed. Throws {@link BackendError} where none is, or
 * the first that is does not load.
 */
export async function loadTfjs(
  wanted: TfjsEngine | undefined,
  localRank: number | undefined,
  loadPackage: LoadPackage,
): Promise<{ readonly engine: TfjsEngine; readonly tf: TensorModule }> {
  for (const engine of wanted ? [wanted] : TFJS_ENGINES) {
    const tf = await loadEngine(engine, localRank, loadPackage);
    if (!tf) continue;
    if (wanted === 'node-gpu' && !usesGpu(tf))
      throw new BackendError(
        '@tensorflow/tfjs-node-gpu found no GPU that it can use: check nvidia-smi, CUDA 11.2 and cuDNN ' +
          '8.1, or choose tfjs:node',
      );
    return { engine, tf };
  }
  const missing = wanted ? `npm install ${packagesOf(INFO[wanted]).join(' ')}` : INSTALL;
  throw new BackendError(
    `backend 'tfjs${wanted ? `:${wanted}` : ''}' needs packages that are not installed: ${missing}`,
  );
}
