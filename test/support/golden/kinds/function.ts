import type { HostValues } from '../../../../src/core/array/host-values.js';
import {
  cosinetaper,
  type Events,
  gaussian,
  hanningtaper,
  hyperbolic2d,
  hyperbolic3d,
  klauder,
  linear2d,
  linear3d,
  makeaxis,
  ormsby,
  parabolic2d,
  ricker,
  taper,
  taper2d,
  taper3d,
  tapernd,
  type Wavelet,
} from '../../../../src/local/index.js';
import { TAPER_TYPES } from '../../../../src/local/signal/windows/tapers.js';
import { NotSupported } from '../not-supported.js';
import { type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { download, numbers } from '../vectors.js';

/** Results under their names in the case. */
interface Results {
  readonly files: Readonly<Record<string, HostValues>>;
  readonly scalars?: Readonly<Record<string, number>>;
}

const mask = (p: Params): [nmask: number, ntap: number] => [
  required(p.number('nmask'), 'nmask'),
  required(p.number('ntap'), 'ntap'),
];
const tapertype = (p: Params) => p.oneOf('tapertype', TAPER_TYPES);
const list = (p: Params, name: string): number[] => required(p.numbers(name), name);
/** One number, or one per event. */
const events = (p: Params, name: string): number | number[] => required(p.numberOrList(name), name);
const wavelet = ({ wavelet, t, center }: Wavelet): Results => ({
  files: { w: numbers([...wavelet]), twav: numbers([...t]) },
  scalars: { wcenter: center },
});
const traces = ({ d, dwav }: Events): Results => ({ files: { d: download(d), dwav: download(dwav) } });

/** One entry per function, by the last part of its name. */
const FUNCTIONS: Readonly<Record<string, (p: Params) => Results>> = {
  ricker: (p) => wavelet(ricker(list(p, 't'), p.number('f0'))),
  gaussian: (p) => wavelet(gaussian(list(p, 't'), p.number('std'))),
  ormsby: (p) =>
    wavelet(ormsby(list(p, 't'), p.numbers('f') as [number, number, number, number] | undefined)),
  klauder: (p) => wavelet(klauder(list(p, 't'), p.numbers('f') as [number, number] | undefined)),
  taper: (p) => ({ files: { w: numbers([...taper(...mask(p), tapertype(p))]) } }),
  taper2d: (p) => {
    const [nt, nmask] = [required(p.number('nt'), 'nt'), required(p.number('nmask'), 'nmask')];
    const ntap = required(p.numberOrList('ntap'), 'ntap') as number | [number, number];
    const w = taper2d(nt, nmask, ntap, tapertype(p), { backend: p.backend });
    return { files: { w: download(w) } };
  },
  hanningtaper: (p) => ({ files: { w: numbers([...hanningtaper(...mask(p))]) } }),
  cosinetaper: (p) => ({
    files: { w: numbers([...cosinetaper(...mask(p), p.flag('square'), p.number('exponent'))]) },
  }),
  taper3d: (p) => {
    const pair = (name: string) => required(p.numbers(name), name) as [number, number];
    const w = taper3d(required(p.number('nt'), 'nt'), pair('nmask'), pair('ntap'), tapertype(p), {
      backend: p.backend,
    });
    return { files: { w: download(w) } };
  },
  tapernd: (p) => {
    const w = tapernd(list(p, 'nmask'), list(p, 'ntap'), tapertype(p), { backend: p.backend });
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
    return {
      files: {
        t: numbers([...t]),
        t2: numbers([...t2]),
        x: numbers([...x]),
        y: numbers([...required(y, 'y')]),
      },
    };
  },
  linear2d: (p) =>
    traces(
      linear2d(
        ...([list(p, 'x'), list(p, 't'), required(p.number('v'), 'v')] as const),
        ...([events(p, 't0'), events(p, 'theta'), events(p, 'amp'), list(p, 'wav')] as const),
        { backend: p.backend },
      ),
    ),
  parabolic2d: (p) =>
    traces(
      parabolic2d(
        ...([list(p, 'x'), list(p, 't'), events(p, 't0'), events(p, 'px'), events(p, 'pxx')] as const),
        ...([events(p, 'amp'), list(p, 'wav')] as const),
        { backend: p.backend },
      ),
    ),
  hyperbolic2d: (p) =>
    traces(
      hyperbolic2d(
        ...([
          list(p, 'x'),
          list(p, 't'),
          events(p, 't0'),
          events(p, 'vrms'),
          events(p, 'amp'),
          list(p, 'wav'),
        ] as const),
        {
          backend: p.backend,
        },
      ),
    ),
  linear3d: (p) =>
    traces(
      linear3d(
        ...([
          list(p, 'x'),
          list(p, 'y'),
          list(p, 't'),
          required(p.number('v'), 'v'),
          events(p, 't0'),
        ] as const),
        ...([events(p, 'theta'), events(p, 'phi'), events(p, 'amp'), list(p, 'wav')] as const),
        { backend: p.backend },
      ),
    ),
  hyperbolic3d: (p) =>
    traces(
      hyperbolic3d(
        ...([
          list(p, 'x'),
          list(p, 'y'),
          list(p, 't'),
          events(p, 't0'),
          events(p, 'vrms_x'),
          events(p, 'vrms_y'),
        ] as const),
        ...([events(p, 'amp'), list(p, 'wav')] as const),
        { backend: p.backend },
      ),
    ),
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
