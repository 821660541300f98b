import type { HostValues } from '../../../../src/core/creation.js';
import { cosinetaper, type Events, hanningtaper, hyperbolic2d, makeaxis, ricker, taper3d } from '../../../../src/local/index.js';
import { NotSupported } from '../not-supported.js';
import { type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { download, numbers } from '../vectors.js';

/** Results under the names that they have in the case. */
interface Results {
  readonly files: Readonly<Record<string, HostValues>>;
  readonly scalars?: Readonly<Record<string, number>>;
}

const mask = (p: Params): [nmask: number, ntap: number] => [required(p.number('nmask'), 'nmask'), required(p.number('ntap'), 'ntap')];
const traces = ({ d, dwav }: Events): Results => ({ files: { d: download(d), dwav: download(dwav) } });

/** One entry a function, by its last name. */
const FUNCTIONS: Readonly<Record<string, (p: Params) => Results>> = {
  ricker: (p) => {
    const { wavelet, t, center } = ricker(required(p.numbers('t'), 't'), p.number('f0'));
    return { files: { w: numbers([...wavelet]), twav: numbers([...t]) }, scalars: { wcenter: center } };
  },
  hanningtaper: (p) => ({ files: { w: numbers([...hanningtaper(...mask(p))]) } }),
  cosinetaper: (p) => ({ files: { w: numbers([...cosinetaper(...mask(p))]) } }),
  taper3d: (p) => {
    const pair = (name: string) => required(p.numbers(name), name) as [number, number];
    const w = taper3d(required(p.number('nt'), 'nt'), pair('nmask'), pair('ntap'), 'hanning', { backend: p.backend });
    return { files: { w: download(w) } };
  },
  makeaxis: (p) => {
    const par = p.inside('par');
    const value = (name: string) => required(par.number(name), name);
    const { t, t2, x, y } = makeaxis({
      ox: value('ox'),
      dx: value('dx'),
      nx: value('nx'),
      oy: value('oy'),
      dy: value('dy'),
      ny: value('ny'),
      ot: value('ot'),
      dt: value('dt'),
      nt: value('nt'),
    });
    return { files: { t: numbers([...t]), t2: numbers([...t2]), x: numbers([...x]), y: numbers([...required(y, 'y')]) } };
  },
  hyperbolic2d: (p) => {
    const [x, t, t0, vrms, amp, wav] = ['x', 't', 't0', 'vrms', 'amp', 'wav'].map((name) => required(p.numbers(name), name));
    return traces(
      hyperbolic2d(x as number[], t as number[], t0 as number[], vrms as number[], amp as number[], wav as number[], {
        backend: p.backend,
      }),
    );
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
