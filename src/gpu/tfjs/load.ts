import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BackendError, messageOf } from '../../core/base/errors.js';
import { environment } from '../../environment/environment.js';
import { requireHere } from '../../package/require-here.js';
import { type LoadPackage, TFJS_ENGINES, type TfjsEngine } from './engines.js';
import type { TensorModule } from './tfjs-engine.js';

interface EngineInfo {
  /** The package with the functions of tensors. */
  readonly module: string;
  /** The package with the engine, if it is a different one. */
  readonly engine?: string;
  /** The name of the engine in the module. */
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

/** The part of the modules, besides the functions of tensors, that this file uses. */
interface LoadedModule extends TensorModule {
  env(): { set(flag: string, value: boolean): void };
  backend(): unknown;
}

/**
 * Loads from the folder of this package, otherwise from the working directory. If the package is
 * linked, its peer packages are installed beside the program.
 */
export const requirePackage: LoadPackage = (name) => {
  try {
    return requireHere(name);
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
 * Loads a package. Returns undefined if it is not installed.
 *
 * @throws {@link BackendError} if it is installed and does not load
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

/** Restores a function that tfjs-node calls and that Node 23 removed. */
function restoreUtil(): void {
  const util: { isNullOrUndefined?: (value: unknown) => boolean } = requireHere('node:util');
  util.isNullOrUndefined ??= (value) => value === undefined || value === null;
}

/**
 * The GPU of a rank in the form of `CUDA_VISIBLE_DEVICES`. Ranks take the visible GPUs in turn.
 * Undefined if there is nothing to choose.
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

/** The numbers of the GPUs of this machine. */
function gpus(): string[] {
  try {
    return readdirSync('/dev').flatMap((name) => name.match(/^nvidia(\d+)$/)?.[1] ?? []);
  } catch {
    return [];
  }
}

/**
 * Selects the GPU of this rank. Must be called before the engine is loaded, because the engine
 * takes every visible GPU and all of its memory.
 */
function chooseGpu(localRank: number | undefined): void {
  const device = deviceOfRank(localRank, environment['CUDA_VISIBLE_DEVICES'], gpus().sort());
  if (device !== undefined) environment['CUDA_VISIBLE_DEVICES'] = device;
  environment['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
}

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

/**
 * Runs `body` and removes the listeners that it added to the process. Only this package decides how
 * an error ends a rank.
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

/**
 * Loads the module of an engine and selects the engine. Returns undefined if it is not installed.
 */
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
    // Suppresses the advertisement of other engines on stderr
    tf.env().set('PROD', true);
    if (!(await tf.setBackend(info.backend)))
      throw new BackendError(
        `the engine '${engine}' of tfjs did not start: choose another of ${namesOf().join(', ')}`,
      );
    return tf;
  });
}

/** Whether a module of TensorFlow runs on a GPU; true if the module does not report it. */
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
 * Loads the first installed engine of those wanted.
 *
 * @throws {@link BackendError} if none is installed, or if the first installed one does not load
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
