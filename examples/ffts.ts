/**
 * Fourier transforms of distributed arrays. The example computes the derivative of a known section
 * of traces in the wavenumber domain, removes its slow waves with a fan filter, and counts the
 * messages of transforms. The real transform with the norm 'ortho' preserves norms, so that its
 * adjoint is its inverse.
 *
 *     npx lops run -n 3 dist/examples/ffts.js --nx 96 --nt 200
 */
import { join } from 'node:path';
import {
  COMM_WORLD,
  type Complex,
  DistributedArray,
  type LinearOperator,
  MPIFFT2D,
  resolveBackend,
} from 'lops-mpi';
import { formatTable } from 'lops-mpi/cli';
import { Figure, heatMap } from 'lops-mpi/plotting';
import { fieldOf } from './fields.js';
import { relativeError } from './misfit.js';
import { finish, parseFlags, positive, say, writeFigure } from './support.js';

interface Flags {
  readonly nx: number;
  readonly nt: number;
}

const { backend, nx, nt, out } = await parseFlags<Flags>('ffts', 'Fourier transforms over ranks', (command) =>
  command
    .option('--nx <n>', 'traces, distributed over the ranks; at least 48', positive, 120)
    .option('--nt <n>', 'samples of a trace; at least 64', positive, 160),
);
const comm = COMM_WORLD;
const dims = [nx, nt];
const dtype = resolveBackend(backend).defaultDType;
const space = DistributedArray.empty(dims, { backend, dtype }).space;

/**
 * A wave that is periodic in the section: `amp cos(2π(kx x + kt t) + phase)`, x and t from 0 to 1.
 */
interface Wave {
  readonly kx: number;
  readonly kt: number;
  readonly amp: number;
}
const FAST: readonly Wave[] = [10, 14, 18, 22, 26].flatMap((kt) => [
  { kx: 2, kt, amp: 1 },
  { kx: -4, kt, amp: 0.6 },
]);
const SLOW: readonly Wave[] = [4, 6, 8].map((kt) => ({ kx: 2.5 * kt, kt, amp: 1.5 }));

const phase =
  (waves: readonly Wave[], term: (wave: Wave, angle: number) => number) => (i: number, j: number) =>
    waves.reduce(
      (sum, w) => sum + term(w, 2 * Math.PI * ((w.kx * i) / nx + (w.kt * j) / nt) + w.kt * w.kx),
      0,
    );
const sum = phase([...FAST, ...SLOW], ({ amp }, angle) => amp * Math.cos(angle));
const slope = phase([...FAST, ...SLOW], ({ amp, kx }, angle) => -2 * Math.PI * kx * amp * Math.sin(angle));

const section = fieldOf(space, sum);
const fast = fieldOf(
  space,
  phase(FAST, ({ amp }, angle) => amp * Math.cos(angle)),
);
const derivative = fieldOf(space, slope);

// wavenumbers for lengths of 1 along both axes
const F = new MPIFFT2D(dims, { real: true, norm: 'ortho', sampling: [1 / nx, 1 / nt], dtype });
const spectrum = F.matvec(section);

/** `F⁻¹ (weight · F u)`, with a weight that depends on wavenumber and frequency. */
function filtered(weight: (kx: number, kt: number) => number | Complex): DistributedArray {
  const weights = fieldOf(spectrum.space, (i, j) => weight(F.f1[i] as number, F.f2[j] as number));
  return F.rmatvec(spectrum.multiply(weights));
}

const turned = F.rmatvec(spectrum);
const differentiated = filtered((kx) => ({ re: 0, im: 2 * Math.PI * kx }));
// A fan filter: it keeps the waves with at most 1.5 times as many periods along x as along t.
const clean = filtered((kx, kt) => (Math.abs(kx) <= 1.5 * Math.abs(kt) ? 1 : 0));
const checks = [
  { check: 'there and back', error: relativeError(turned, section) },
  { check: 'derivative along x by wavenumbers', error: relativeError(differentiated, derivative) },
  { check: 'fan filter against the fast waves alone', error: relativeError(clean, fast) },
  {
    check: 'length of the spectrum against that of the section',
    error: Math.abs(spectrum.norm() / section.norm() - 1),
  },
];
say(
  `section ${nx} × ${nt} ${dtype}, spectrum ${spectrum.globalShape.join(' × ')}, on ${comm.size} ` +
    `rank${comm.size > 1 ? 's' : ''}, backend ${backend}\n`,
);
say(formatTable(checks));

/** The error of the dot test of a transform, and the messages of one forward transform. */
function cost(transform: string, A: LinearOperator<DistributedArray>) {
  const y = A.matvec(section);
  const before = comm.counters.messages;
  A.matvec(section, y);
  const messages = comm.counters.messages - before;
  return {
    transform,
    'data split along': y.axis,
    messages,
    'dot test': A.dotTest({ domain: section.space, raise: false }).error,
  };
}
say(
  formatTable([
    cost('as the model is', F),
    // every rank has the whole of the axis that is transformed last: one transposition less
    cost('along the other axis', new MPIFFT2D(dims, { real: true, norm: 'ortho', dataAxis: 1, dtype })),
  ]),
);

// The moduli of the spectrum, with wavenumber 0 in the middle; the part in which the waves are.
const centred = new MPIFFT2D(dims, { real: true, norm: 'ortho', fftshiftAfter: [true, false], dtype });
const [widest, highest] = [Math.min(24, Math.floor(nx / 2) - 1), Math.min(32, Math.floor(nt / 2))];
const middle = Math.floor(nx / 2);
const moduli = centred
  .matvec(section)
  .asArray()
  .abs()
  .slice([middle - widest, middle + widest + 1], [0, highest + 1]);

const panel = (title: string, values: DistributedArray, colorBarLabel: string) =>
  heatMap(values, {
    title,
    colorMap: 'RdBu',
    transpose: true,
    extent: [0, 1, 0, 1],
    xLabel: 'x [section length]',
    yLabel: 't [section duration]',
    colorBarLabel,
  });
const figure = new Figure({ columns: 2, title: 'A distributed section and its spectrum' });
figure.add(
  panel('Section', section, 'amplitude u'),
  heatMap(moduli, {
    title: 'Spectrum',
    extent: [-0.5, highest + 0.5, -widest - 0.5, widest + 0.5],
    xLabel: 'frequency [per duration]',
    yLabel: 'wavenumber [per length]',
    colorBarLabel: 'modulus',
  }),
  panel('Slow waves taken out', clean, 'amplitude u'),
  panel('Derivative along x', differentiated, '∂u/∂x'),
);
finish(() => {
  const path = join(out, 'ffts.png');
  writeFigure(figure, path);
  console.log(`figure:  ${path}`);
});
