import type { HostValues } from '../../../../src/core/creation.js';
import { ricker } from '../../../../src/local/index.js';
import { NotSupported } from '../not-supported.js';
import { type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { numbers } from '../vectors.js';

/** Results under the names that they have in the case. */
interface Results {
  readonly files: Readonly<Record<string, HostValues>>;
  readonly scalars?: Readonly<Record<string, number>>;
}

/** One entry a function, by its last name. */
const FUNCTIONS: Readonly<Record<string, (p: Params) => Results>> = {
  ricker: (p) => {
    const { wavelet, t, center } = ricker(required(p.numbers('t'), 't'), p.number('f0'));
    return { files: { w: numbers([...wavelet]), twav: numbers([...t]) }, scalars: { wcenter: center } };
  },
};

export function libraryFunction(trial: Trial): void {
  const name = trial.source.content.family.split('.').at(-1) ?? '';
  const call = FUNCTIONS[name];
  if (!call) throw new NotSupported(`function ${name}`);
  const { files, scalars = {} } = call(trial.params);
  const { expected = {}, files: stored = {} } = trial.source.content;
  for (const file of Object.keys(stored).filter((f) => !/^p\d+_/.test(f))) {
    trial.compare(file, required(files[file.replace(/\.npy$/, '')], `a result for ${file}`), file);
  }
  for (const scalar of Object.keys(expected)) trial.compareScalar(scalar, scalars[scalar] ?? Number.NaN);
}
