import { type DType, isFloat } from '../../core/base/dtype.js';
import { around, product } from '../../core/base/shape.js';
import type { AxisBand, BandSegment, Elements, Stencil } from '../../core/ports/backend.js';
import { type CaseOperand, type KernelCase, type KernelCases, Operands } from '../kernel-case.js';

/** A band: the widths of its ghost cells, by default 0, and the segments for `n` cells. */
interface Scheme {
  readonly title: string;
  readonly front?: number;
  readonly back?: number;
  segments(n: number): readonly BandSegment[];
}

const clip = (n: number, segments: readonly BandSegment[]) =>
  segments
    .map((s) => ({ ...s, start: Math.min(Math.max(s.start, 0), n), end: Math.min(Math.max(s.end, 0), n) }))
    .filter((s) => s.start < s.end);

/** The same taps in all rows. */
const uniform = (lo: number, taps: readonly number[]) => (n: number) =>
  clip(n, [{ start: 0, end: n, lo, taps }]);

const CENTRED: Scheme = {
  title: 'centred with edges',
  segments: (n) =>
    n < 3
      ? uniform(0, [1])(n)
      : [
          { start: 0, end: 1, lo: 0, taps: [-1, 1] },
          { start: 1, end: n - 1, lo: -1, taps: [-0.5, 0, 0.5] },
          { start: n - 1, end: n, lo: -1, taps: [-1, 1] },
        ],
};
const BOTH_SIDES: Scheme = {
  title: 'ghosts on both sides',
  front: 2,
  back: 2,
  segments: uniform(-2, [1, -8, 3, 8, -1]),
};
const WIDE: Scheme = {
  title: 'ghosts wider than needed',
  front: 4,
  back: 3,
  segments: uniform(-1, [1, -2, 1]),
};

/**
 * Interior taps, and, in schemes without ghost cells, other rows at both edges, as in derivatives.
 */
const SCHEMES: readonly Scheme[] = [
  {
    title: 'forward difference',
    segments: (n) =>
      clip(n, [
        { start: 0, end: n - 1, lo: 0, taps: [-1, 1] },
        { start: n - 1, end: n, lo: 0, taps: [] },
      ]),
  },
  CENTRED,
  BOTH_SIDES,
  { title: 'ghosts in front', front: 3, segments: uniform(-3, [2, 0, -1, 4]) },
  { title: 'ghosts behind', back: 1, segments: uniform(0, [-3, 3]) },
  WIDE,
  {
    title: 'only some rows',
    front: 1,
    back: 1,
    segments: (n) =>
      clip(n, [
        { start: 1, end: 2, lo: -2, taps: [5, 1] },
        { start: n - 1, end: n, lo: 0, taps: [7, 2] },
      ]),
  },
  { title: 'no segments', segments: () => [] },
];

const SHAPES: readonly (readonly number[])[] = [
  [1],
  [2],
  [5],
  [130],
  [1, 1],
  [4, 9],
  [9, 4],
  [2, 67],
  [3, 4, 5],
  [5, 1, 7],
  [2, 3, 2, 3],
  [2, 3, 180],
  [6, 0, 2],
  [0],
  [0, 4],
];

interface Setup {
  readonly operands: readonly CaseOperand[];
  /** The operands with ghost cells are numbered after x and y. */
  bands(e: readonly Elements[]): readonly AxisBand[];
}

/** Bands along axes. */
type Parts = readonly (readonly [axis: number, scheme: Scheme])[];

function setup(make: Operands, dtype: DType, shape: readonly number[], parts: Parts): Setup {
  const size = product(shape);
  const operands: CaseOperand[] = [make.in(dtype, size, 1), make.out(dtype, size, 2)];
  const makers: ((e: readonly Elements[]) => AxisBand)[] = [];
  for (const [axis, scheme] of parts) {
    const [outer, n, inner] = around(shape, axis);
    const ghost = (width: number, offset: number): number | undefined =>
      width > 0 ? operands.push(make.in(dtype, outer * width * inner, offset)) - 1 : undefined;
    const [front, back] = [ghost(scheme.front ?? 0, 3), ghost(scheme.back ?? 0, 0)];
    const segments = scheme
      .segments(n)
      .map((s) => (isFloat(dtype) ? s : { ...s, taps: s.taps.map(Math.ceil) }));
    makers.push((e) => ({
      axis,
      segments,
      front: front === undefined ? undefined : (e[front] as Elements),
      back: back === undefined ? undefined : (e[back] as Elements),
    }));
  }
  return { operands, bands: (e) => makers.map((m) => m(e)) };
}

function stencilCase(title: string, { operands, bands }: Setup, stencil: Omit<Stencil, 'bands'>): KernelCase {
  return {
    title,
    operands,
    ulps: 8,
    scale: 64,
    run: (b, e) => {
      const [x, y] = e;
      b.stencil(x, y, b.prepareStencil(x.storage.dtype, { ...stencil, bands: bands(e) }));
      return undefined;
    },
  };
}

function stencilCases(dtype: DType): KernelCase[] {
  const make = new Operands(340);
  const single = SHAPES.flatMap((shape) =>
    shape.flatMap((_, axis) =>
      SCHEMES.map((scheme, k) =>
        stencilCase(`[${shape}] axis ${axis}, ${scheme.title}`, setup(make, dtype, shape, [[axis, scheme]]), {
          shape,
          mode: (axis + k) % 2 === 0 ? 'set' : 'add',
        }),
      ),
    ),
  );
  const several = SHAPES.filter((shape) => shape.length > 1).flatMap((shape) => {
    const last = shape.length - 1;
    const forms: readonly Parts[] = [
      shape.map((_, axis) => [axis, axis === 0 ? WIDE : CENTRED] as const),
      [last, 0].map((axis) => [axis, BOTH_SIDES] as const),
      [BOTH_SIDES, CENTRED].map((scheme) => [0, scheme] as const),
      [],
    ];
    return forms.flatMap((parts) => {
      const axes = parts.map(([axis]) => axis).join('+') || 'none';
      return (['set', 'add'] as const).map((mode) =>
        stencilCase(`[${shape}] axes ${axes}, ${mode}`, setup(make, dtype, shape, parts), { shape, mode }),
      );
    });
  });
  const ranged = [[130], [7, 5], [4, 6, 9]].flatMap((shape) =>
    shape.flatMap((n, axis) =>
      (
        [
          [0, 0],
          [0, 1],
          [1, n - 1],
          [n - 2, n],
          [2, 3],
          [0, n],
        ] as const
      ).flatMap(([start, end]) =>
        shape.map((_, along) =>
          stencilCase(
            `[${shape}] axis ${along}, outputs ${start} to ${end} of axis ${axis}`,
            setup(make, dtype, shape, [
              [along, BOTH_SIDES],
              [0, CENTRED],
            ]),
            {
              shape,
              mode: start === 1 ? 'add' : 'set',
              range: { axis, start, end },
            },
          ),
        ),
      ),
    ),
  );
  return [...single, ...several, ...ranged];
}

/**
 * The product of a convolution and a derivative: one long run of rows with the same taps, and other
 * rows at both ends.
 */
function longTaps(n: number, count: number): readonly BandSegment[] {
  const taps = (seed: number): number[] =>
    Array.from({ length: count }, (_, k) => ((7 * k + 3 * seed) % 11) - 5);
  const middle = Math.min(Math.floor(count / 2), Math.floor(n / 2));
  const edges = Array.from({ length: n }, (_, i): BandSegment => {
    const lo = Math.max(-i, -middle);
    return { start: i, end: i + 1, lo, taps: taps(i).slice(0, Math.min(count, n - i - lo)) };
  });
  if (n < count + 2) return edges;
  const interior = { start: middle, end: n - (count - 1 - middle), lo: -middle, taps: taps(0) };
  return [...edges.slice(0, interior.start), interior, ...edges.slice(interior.end)];
}

/**
 * Many taps along one axis, for several sizes of its cells. In some bands both ends overlap, a row
 * is zero, or taps are outside the array.
 */
function longCases(dtype: DType): KernelCase[] {
  const make = new Operands(342);
  const scheme = (count: number): Scheme => ({
    title: `${count} taps`,
    segments: (n) => longTaps(n, count),
  });
  const gap: Scheme = {
    title: '12 taps and a zero row',
    segments: (n) => longTaps(n, 12).map((s, k) => (k === 2 ? { ...s, taps: [] } : s)),
  };
  const outside: Scheme = {
    title: '10 taps that leave the array',
    segments: (n) => [
      { start: 0, end: n, lo: -4, taps: longTaps(40, 10)[0]?.taps.concat([1, 2, 3, 4, 5]) ?? [] },
    ],
  };
  const shapes: readonly (readonly [shape: readonly number[], axis: number])[] = [
    [[300], 0],
    [[23], 0],
    [[3, 97], 1],
    [[2, 150, 2], 1],
    [[120, 9], 0],
    [[60, 40], 0],
    [[2, 5], 1],
  ];
  return shapes.flatMap(([shape, axis]) =>
    [scheme(9), scheme(20), scheme(43), gap, outside].flatMap((s) =>
      (['set', 'add'] as const).map((mode) => {
        const one = stencilCase(
          `[${shape}] axis ${axis}, ${s.title}, ${mode}`,
          setup(make, dtype, shape, [[axis, s]]),
          { shape, mode },
        );
        return { ...one, scale: 512 };
      }),
    ),
  );
}

/**
 * Arrays in which most rows of a band have the same taps, as in derivatives of large arrays: one
 * axis, several in one pass, parts of the rows, and rows of many elements.
 */
function largeCases(dtype: DType): KernelCase[] {
  const make = new Operands(343);
  const many: Scheme = { title: '20 taps', segments: (n) => longTaps(n, 20) };
  const centred5: Scheme = { title: 'five points', segments: uniform(-2, [1, -8, 0, 8, -1]) };
  const forms: readonly (readonly [shape: readonly number[], parts: Parts, range?: Stencil['range']])[] = [
    [[41, 33], [[0, CENTRED]]],
    [[41, 33], [[0, WIDE]]],
    [[41, 33], [[0, centred5]]],
    [
      [37, 50],
      [
        [0, BOTH_SIDES],
        [1, CENTRED],
      ],
    ],
    [
      [18, 21, 20],
      [
        [0, WIDE],
        [1, WIDE],
        [2, WIDE],
      ],
    ],
    [
      [18, 21, 20],
      [
        [0, CENTRED],
        [1, BOTH_SIDES],
        [2, WIDE],
      ],
    ],
    [[18, 21, 20], [[1, WIDE]], { axis: 0, start: 3, end: 16 }],
    [
      [18, 21, 20],
      [
        [2, CENTRED],
        [0, WIDE],
      ],
      { axis: 2, start: 1, end: 19 },
    ],
    [[18, 21, 20], [[1, CENTRED]], { axis: 1, start: 2, end: 20 }],
    [
      [17, 18, 3, 20],
      [
        [0, WIDE],
        [1, CENTRED],
        [3, WIDE],
      ],
    ],
    [
      [2, 17, 2, 40],
      [
        [1, many],
        [3, WIDE],
      ],
    ],
    [
      [2, 40, 2, 17],
      [
        [1, WIDE],
        [3, many],
        [0, CENTRED],
      ],
      { axis: 1, start: 5, end: 33 },
    ],
    [[8500], [[0, CENTRED]]],
    [[8500], [[0, many]]],
    [[8500], [[0, WIDE]], { axis: 0, start: 20, end: 8400 }],
    [
      [2, 8300],
      [
        [1, BOTH_SIDES],
        [0, WIDE],
      ],
    ],
    [[2, 8300], [[1, WIDE]], { axis: 0, start: 1, end: 2 }],
    [[700, 12], [[0, many]]],
  ];
  return forms.map(([shape, parts, range], k) => {
    const title = parts.map(([axis, scheme]) => `${scheme.title} on axis ${axis}`).join(', ');
    const one = stencilCase(`[${shape}], ${title}`, setup(make, dtype, shape, parts), {
      shape,
      mode: k % 3 === 1 ? 'add' : 'set',
      range,
    });
    return { ...one, scale: 256 };
  });
}

/** In mode 'set' the old values of y are not read, so that NaN there has no effect. */
function unreadCases(dtype: DType): KernelCase[] {
  if (!isFloat(dtype)) return [];
  const make = new Operands(341);
  const { operands, bands } = setup(make, dtype, [6, 5], [[0, BOTH_SIDES]]);
  const [x, y, ...ghosts] = operands as [CaseOperand, CaseOperand, ...CaseOperand[]];
  const nan = make.out(dtype, y.size, y.offset, make.numbers(dtype, y.size).fill(Number.NaN));
  return [
    stencilCase(
      'NaN in y is overwritten',
      { operands: [x, nan, ...ghosts], bands },
      { shape: [6, 5], mode: 'set' },
    ),
  ];
}

export const stencilCasesByDType: readonly KernelCases[] = [
  {
    kernel: 'stencil',
    cases: (dtype) => [
      ...stencilCases(dtype),
      ...longCases(dtype),
      ...largeCases(dtype),
      ...unreadCases(dtype),
    ],
  },
];
