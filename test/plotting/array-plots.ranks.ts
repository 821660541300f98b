import { expect } from 'chai';
import { decode } from 'fast-png';
import { NDArray } from '../../src/core/array/ndarray.js';
import { type DType, isComplex } from '../../src/core/base/dtype.js';
import { ArgumentError, ShapeError } from '../../src/core/base/errors.js';
import { DistributedArray } from '../../src/core/distributed/distributed-array.js';
import { Layout } from '../../src/core/distributed/layout.js';
import type { Communicator } from '../../src/core/ports/communicator.js';
import {
  colorMap,
  colorOf,
  type Figure,
  plotDistributedArray,
  plotLocalArrays,
  type Rgb,
} from '../../src/plotting/index.js';
import { distributed, group } from '../support/distributed.js';

/** The embedded images of a figure: that of each panel, followed by that of its colour bar. */
const imagesOf = (figure: Figure | undefined) =>
  [...(figure?.toSvg() ?? '').matchAll(/data:image\/png;base64,([^"]*)/g)].map(([, data]) =>
    decode(Buffer.from(data as string, 'base64')),
  );

type Image = ReturnType<typeof imagesOf>[number];

/** The colour in the middle of a cell. */
function cell(image: Image, [row, column]: readonly [number, number], rows: number, columns: number): Rgb {
  const y = Math.floor(((row + 0.5) * image.height) / rows);
  const x = Math.floor(((column + 0.5) * image.width) / columns);
  const at = (y * image.width + x) * image.channels;
  return [...image.data.slice(at, at + 3)] as unknown as Rgb;
}

const viridis = (range: readonly [number, number], value: number): Rgb =>
  colorOf(colorMap('viridis'), range, value);
const rankColor = (size: number, rank: number): Rgb =>
  colorOf(colorMap('turbo'), [0, 1], (rank + 0.5) / size);

const [ROWS, COLUMNS] = [7, 5] as const;
/** The values `i − 3`, in one dtype and layout. Complex ones are turned by a right angle. */
function numbered(comm: Communicator, dtype: DType, layout: Layout): DistributedArray {
  const values = NDArray.array(
    Array.from({ length: layout.size }, (_, i) => i - 3),
    { dtype },
  ).reshape(layout.globalShape);
  const x = DistributedArray.toDist(values, { comm }).redistribute(layout);
  return isComplex(dtype) ? x.scale({ re: 0, im: 1 }) : x;
}
const valueAt = (dtype: DType, i: number): number => (isComplex(dtype) ? Math.abs(i - 3) : i - 3);
const rangeOf = (dtype: DType, count: number): [number, number] => [
  isComplex(dtype) ? 0 : -3,
  valueAt(dtype, count - 1),
];
const layoutsFor = (size: number): Layout[] => [
  Layout.split([ROWS, COLUMNS], size, 0),
  Layout.split([ROWS, COLUMNS], size, 1),
  Layout.fromLocalShapes(Array.from({ length: size }, (_, r) => [r === 0 ? ROWS - size + 1 : 1, COLUMNS])),
  Layout.grid([ROWS, COLUMNS], size, size === 4 ? [2, 2] : [1, size]),
];

group('plots of distributed arrays', () => {
  distributed('show values and owners: uneven parts along both axes, grids', ({ comm, dtypes }) => {
    for (const layout of layoutsFor(comm.size))
      for (const dtype of dtypes)
        for (const transpose of [false, true]) {
          const x = numbered(comm, dtype, layout);
          const figure = plotDistributedArray(x, { transpose, title: 'x' });
          expect(figure === undefined).to.equal(comm.rank !== 0);
          const [values, , owners] = imagesOf(figure);
          if (!values || !owners) continue;
          for (let r = 0; r < comm.size; r++) {
            const { start, shape } = layout.box(r);
            for (let k = 0; k < layout.localSize(r); k++) {
              const [i, j] = [
                (start[0] as number) + Math.floor(k / (shape[1] as number)),
                (start[1] as number) + (k % (shape[1] as number)),
              ];
              const shown = (image: Image): Rgb =>
                transpose ? cell(image, [j, i], COLUMNS, ROWS) : cell(image, [i, j], ROWS, COLUMNS);
              const value = valueAt(dtype, i * COLUMNS + j);
              expect(shown(values)).to.deep.equal(viridis(rangeOf(dtype, ROWS * COLUMNS), value));
              expect(shown(owners)).to.deep.equal(rankColor(comm.size, r));
            }
          }
        }
  });

  distributed('show arrays of one axis as rows, where ranks have no elements too', ({ comm, backend }) => {
    const layout = Layout.split([2], comm.size);
    const x = numbered(comm, backend.defaultDType, layout);
    const [values, , owners] = imagesOf(plotDistributedArray(x));
    for (const i of values && owners ? [0, 1] : []) {
      expect(cell(values as Image, [0, i], 1, 2)).to.deep.equal(viridis([-3, -2], i - 3));
      expect(cell(owners as Image, [0, i], 1, 2)).to.deep.equal(rankColor(comm.size, comm.size > 1 ? i : 0));
    }
    const locals = imagesOf(plotLocalArrays(x));
    expect(locals.length).to.equal(comm.rank === 0 ? 2 * comm.size : 0);
    if (comm.rank === 0 && comm.size > 2)
      expect(cell(locals[4] as Image, [0, 0], 1, 1)).to.deep.equal([...colorMap('viridis').nan]);
  });

  distributed('show the local array of each rank with the same colours', ({ comm, backend, dtypes }) => {
    for (const layout of [...layoutsFor(comm.size), Layout.replicated([ROWS, COLUMNS], comm.size)])
      for (const dtype of dtypes) {
        const images = imagesOf(plotLocalArrays(numbered(comm, dtype, layout)));
        for (let r = 0; r < images.length / 2; r++) {
          const { start, shape } = layout.box(r);
          const [rows, columns] = shape as [number, number];
          for (let k = 0; k < rows * columns; k++) {
            const [i, j] = [Math.floor(k / columns), k % columns];
            const index = ((start[0] as number) + i) * COLUMNS + (start[1] as number) + j;
            expect(cell(images[2 * r] as Image, [i, j], rows, columns)).to.deep.equal(
              viridis(rangeOf(dtype, ROWS * COLUMNS), valueAt(dtype, index)),
            );
          }
        }
      }
    const x = numbered(comm, backend.defaultDType, Layout.split([ROWS, COLUMNS], comm.size));
    const [first] = imagesOf(plotLocalArrays(x, { range: [0, 100] }));
    if (first)
      expect(cell(first, [0, 0], x.localShape[0] as number, COLUMNS)).to.deep.equal(viridis([0, 100], 0));
  });

  distributed('refuse wrong arguments on all ranks, also those of one rank', ({ comm }) => {
    const x = DistributedArray.ones([4, 3], { comm });
    const cube = DistributedArray.ones([4, 3, 2], { comm });
    const blocks = Layout.concatenated(new Array(comm.size).fill([2, 2, 2]));
    const concatenated = x.space.withLayout(blocks).zeros();
    for (const plot of [plotDistributedArray, plotLocalArrays]) {
      expect(() => plot(concatenated)).to.throw(ShapeError, 'one or two axes, received shape [2, 2, 2]');
      expect(() => plot(cube)).to.throw(ShapeError, 'one or two axes, received shape [4, 3, 2]');
      expect(() => plot(x.local as never)).to.throw(ArgumentError, 'expected a DistributedArray');
      expect(() => plot(x, { range: [1, 1] })).to.throw(ArgumentError, 'range');
      expect(() => plot(x, { colorMap: 'jet' as never })).to.throw(ArgumentError, 'viridis');
      expect(() => plot(x, { title: 1 as never })).to.throw(ArgumentError, 'title');
      expect(() => plot(x, { vmin: 1 } as object)).to.throw(ArgumentError, "unknown option 'vmin'");
      const title = comm.rank === comm.size - 1 ? (3 as never) : 'x';
      expect(() => plot(x, { title })).to.throw(ArgumentError, 'title');
    }
    expect(() => plotDistributedArray(x.broadcast())).to.throw(ArgumentError, 'partition SCATTER');
  });
});
