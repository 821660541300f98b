import { BLOCK_THREADS } from '../launch-grid.js';

/** The rows of one band that have the same taps, and where the band lies among the axes. */
export interface BandForm {
  /** The axis, counted from the innermost one. */
  readonly axis: number;
  /** The distance of neighbours on axis 0 in elements, 0 if it is an argument. */
  readonly step: 0 | 1 | 2;
  /**
   * Which taps are not 0, as '101'; 'many' if the taps are read from memory; '' if all rows are
   * read from the table.
   */
  readonly taps: string;
}

/** What decides the source of a stencil kernel. Taps, sizes and edges are arguments. */
export interface StencilForm {
  /** Whether indices have 64 bits. */
  readonly wide: boolean;
  /** The number of axes, at least 2. */
  readonly axes: number;
  /** The axis along which a thread has several outputs. Those on axis 0 are a block apart. */
  readonly outputsAlong: 0 | 1;
  /** Whether the grid has a block for each part of the array. */
  readonly once: boolean;
  readonly bands: readonly BandForm[];
}

/** The outputs of one thread. */
export const outputsOf = (bands: readonly BandForm[]): number =>
  bands.some(({ taps }) => taps === 'many') ? 8 : 4;

/** The blocks for which a multiprocessor must have registers. */
const blocksOf = (bands: readonly BandForm[]): number => (bands.some(isMany) ? 3 : 4);

const isMany = ({ taps }: BandForm): boolean => taps === 'many';
const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k);

/** The positions of the taps that are not 0. */
export const usedTaps = (taps: string): number[] => range(0, taps.length).filter((k) => taps[k] === '1');

function parametersOf({ axes, bands }: StencilForm): string {
  const ofAxis = (d: number): string => `I size${d}, I first${d}, I ${d < 2 ? 'last' : 'count'}${d}`;
  const ofBand = (band: BandForm, b: number): string =>
    `const i64* table${b}, const A* taps${b}, int segments${b}, int sorted${b}, I n${b}, I stride${b},
    const R* front${b}, I frontWidth${b}, const R* back${b}, I backWidth${b}` +
    `${band.taps && `, I from${b}, I to${b}, I lo${b}`}` +
    `${isMany(band) ? `, const A* __restrict__ many${b}, int count${b}` : ''}`;
  const taps = bands.flatMap((band, b) =>
    isMany(band) ? [] : usedTaps(band.taps).map((k) => `A tap${b}_${k}`),
  );
  return [
    'const R* __restrict__ x, R* __restrict__ y, int add, I planes',
    ...range(0, axes).map(ofAxis),
    ...bands.map(ofBand),
    ...taps,
  ].join(',\n    ');
}

/** The coordinates on the axes after the second one, of plane z. */
function coordinates({ axes }: StencilForm): string {
  const last = axes - 1;
  const lines = range(2, axes).map((d) =>
    d < last
      ? `    const I i${d} = first${d} + rest % count${d};\n    rest /= count${d};`
      : `    const I i${d} = first${d} + rest;`,
  );
  return axes > 2 ? ['    I rest = z;', ...lines].join('\n') : '';
}

/** The condition under which all outputs of the thread have the taps of the band. */
function isInside({ outputsAlong }: StencilForm, { axis }: BandForm, b: number, outputs: number): string {
  const reach = axis !== outputsAlong ? 0 : axis === 0 ? (outputs - 1) * BLOCK_THREADS : outputs - 1;
  return `i${axis} >= from${b} && i${axis}${reach > 0 ? ` + ${reach}` : ''} < to${b}`;
}

/** The rows of the table of band b, for all outputs that exist. */
const fromTable = (form: StencilForm, b: number): string =>
  `{
#pragma unroll 1
        for (int r = 0; r < ${outputsOf(form.bands)} && r * apart < room; ++r)
          set_sum(s, r, add_row<U>(element_of(s, r), x, (U)(at + element_of(e, r)), table${b}, taps${b},
                                   segments${b}, sorted${b}, (U)n${b}, (U)stride${b}, front${b},
                                   (U)frontWidth${b}, back${b}, (U)backWidth${b}));
      }`;

/** The taps of band b, for outputs that all have them. */
function sameTaps({ outputsAlong }: StencilForm, { axis, step, taps }: BandForm, b: number): string {
  const stride = axis === 0 && step > 0 ? `(I)${step}` : `stride${b}`;
  const way = axis === 1 && outputsAlong === 1 ? 'along' : 'across';
  // On axis 0 the offsets of outputs are known to the compiler
  const offsets = axis === 0 && outputsAlong === 0 ? 'whole, ' : 'e, ';
  const place = `s, x + (at + lo${b} * ${stride}), ${way === 'along' ? '' : offsets}${stride}`;
  if (taps === 'many') return `add_long_${way}(${place}, many${b}, count${b});`;
  const used = usedTaps(taps);
  const mask = used.reduce((sum, k) => sum + 2 ** k, 0);
  const list = range(0, taps.length).map((k) => (used.includes(k) ? `tap${b}_${k}` : '0'));
  return `{
        const A list[] = {${list.join(', ')}};
        add_${way}<${mask}>(${place}, list);
      }`;
}

/** All outputs of a thread that has `room` for them, from the element `at` on. */
function body(form: StencilForm): string {
  const { outputsAlong, bands } = form;
  const outputs = outputsOf(form.bands);
  const [apart, unit] = outputsAlong === 0 ? [BLOCK_THREADS, '1'] : [1, 'size0'];
  const inside = (band: BandForm, b: number): string =>
    band.taps ? isInside(form, band, b, outputs) : 'true';
  const each = `#pragma unroll
      for (int r = 0; r < ${outputs}; ++r)`;
  return `      const I apart = ${apart};
      const I whole[] = {${range(0, outputs)
        .map((r) => `${r * apart} * ${unit}`)
        .join(', ')}};
      A s[${outputs}];
      if (room > ${(outputs - 1) * apart}${bands.map((band, b) => ` && ${inside(band, b)}`).join('')}) {
      const I(&e)[${outputs}] = whole;
      start_sums(s, y + at, whole, add);
${bands.map((band, b) => `      ${band.taps ? sameTaps(form, band, b) : fromTable(form, b)}`).join('\n')}
      ${each} y[at + whole[r]] = s[r];
      } else {
      I e[${outputs}];
      ${each} e[r] = (r * apart < room ? r * apart : room - 1) * ${unit};
      start_sums(s, y + at, e, add);
${bands
  .map((band, b) =>
    band.taps
      ? `      if (${inside(band, b)}) ${sameTaps(form, band, b)} else ${fromTable(form, b)}`
      : `      ${fromTable(form, b)}`,
  )
  .join('\n')}
      ${each}
        if (r * apart < room) y[at + e[r]] = s[r];
      }`;
}

/** A statement for each index from the block's on; of one for each block if `once`. */
const loop = (once: boolean, index: string, start: string, end: string, step: string): string =>
  once
    ? `const I ${index} = ${start};\n    if (${index} < ${end})`
    : `for (I ${index} = ${start}; ${index} < ${end}; ${index} += ${step})`;

/**
 * The source of a kernel `stencil` for one form. The grid has the axes as its dimensions, so that
 * no index is divided. A thread has several outputs along one of them, whose sums are in registers.
 * Rows of a band that have the same taps add these. Other rows, at edges and beside ghost cells,
 * come from the table. The source contains nothing from the user but numbers.
 */
export function stencilSource(form: StencilForm): string {
  const { wide, axes, outputsAlong, once } = form;
  const outputs = outputsOf(form.bands);
  const [own, other] = outputsAlong === 0 ? [outputs, 1] : [1, outputs];
  const place = range(2, axes).reduceRight(
    (inner, d) => (inner ? `(${inner} * size${d} + i${d})` : `i${d}`),
    '',
  );
  const [columns, room] =
    outputsAlong === 0 ? [BLOCK_THREADS * own, 'last0 - i0'] : ['(I)blockDim.x', 'last1 - i1'];
  return `#include "stencils.cuh"
typedef ${wide ? 'i64' : 'int'} I;
typedef ${wide ? 'u64' : 'u32'} U;
extern "C" __global__ void __launch_bounds__(${BLOCK_THREADS}, ${blocksOf(form.bands)}) stencil(
    ${parametersOf(form)}) {
  const I i0 = first0 + (I)blockIdx.x * ${columns} + threadIdx.x;
  if (i0 >= last0) return;
  ${axes > 2 ? loop(once, 'z', 'blockIdx.z', 'planes', 'gridDim.z') : ''} {
${coordinates(form)}
    ${loop(
      once,
      'i1',
      `first1 + ((I)blockIdx.y * blockDim.y + threadIdx.y) * ${other}`,
      'last1',
      `(I)gridDim.y * blockDim.y * ${other}`,
    )} {
      const I at = ${place ? `(${place} * size1 + i1)` : 'i1'} * size0 + i0, room = ${room};
${body(form)}
    }
  }
}
`;
}
