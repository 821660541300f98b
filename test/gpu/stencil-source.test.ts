import { expect } from 'chai';
import type { AxisBand } from '../../src/core/ports/backend.js';
import { firstDerivative, secondDerivative } from '../../src/core/schemes/derivative-scheme.js';
import { planStencil } from '../../src/gpu/cuda/stencils/stencil-plan.js';
import { stencilSource } from '../../src/gpu/cuda/stencils/stencil-source.js';

const first = (shape: readonly number[], axis: number): AxisBand => ({
  axis,
  segments: firstDerivative({ n: shape[axis] as number }),
});
const second = (shape: readonly number[], axis: number): AxisBand => ({
  axis,
  segments: secondDerivative({ n: shape[axis] as number }),
});
/** The plan for all rows, with positions of 64 bits where the array needs them. */
function plan(shape: readonly number[], bands: readonly AxisBand[], lanes = 1, wide = false) {
  const planned = planStencil(shape, lanes, bands, { axis: 0, start: 0, end: shape[0] as number }, wide);
  if (!planned) throw new Error('expected a generated kernel');
  return planned;
}
const sourceOf = (shape: readonly number[], bands: readonly AxisBand[], wide = false): string =>
  stencilSource(plan(shape, bands, 1, wide).form);

describe('generated stencils of the CUDA backend', () => {
  const cube = [300, 200, 100];

  it('one source serves all sizes, spacings and places of the same taps', () => {
    const some = sourceOf([300, 200], [first([300, 200], 0)]);
    expect(sourceOf([5000, 70], [first([5000, 70], 0)])).to.equal(some);
    expect(sourceOf([40, 300, 200], [first([40, 300, 200], 0)])).to.equal(some);
    const spaced = { axis: 0, segments: firstDerivative({ n: 300, sampling: 0.1, edge: true }) };
    expect(sourceOf([300, 200], [spaced])).to.equal(some);
    expect(sourceOf([300, 200], [second([300, 200], 0)])).not.to.equal(some);
  });

  it('positions have 64 bits only where they are wanted, and nothing is divided', () => {
    const bands = [0, 1, 2].map((axis) => second(cube, axis));
    const [small, large] = [sourceOf(cube, bands), sourceOf(cube, bands, true)];
    expect(small).to.include('typedef int I;').and.not.include('i64 I');
    expect(large).to.include('typedef i64 I;').and.not.include('int I');
    for (const source of [small, large])
      expect(source.replace('#include "stencils.cuh"', '')).not.to.match(/[/%]/);
  });

  it('neighbouring axes without a band are one, and short rows are joined with the band', () => {
    expect(plan([4, 5, 300, 6, 7], [first([4, 5, 300, 6, 7], 2)]).sizes).to.deep.equal([
      20, 42, 0, 42, 300, 0, 300, 20, 0, 20,
    ]);
    const short = plan([300, 3], [first([300, 3], 0)]);
    expect(short.form.bands[0]).to.include({ axis: 0, step: 0 });
    expect(plan([300], [first([300], 0)], 2).form.bands[0]).to.include({ axis: 0, step: 2 });
  });

  it('a grid covers every output, and its second and third dimension have at most 65535 blocks', () => {
    for (const shape of [
      [300, 200],
      [17, 40],
      [1_000_000],
      [20_000_000, 9],
      [100_000, 2, 30],
      [3, 70_000, 64],
    ]) {
      const axis = shape.length === 3 ? 1 : 0;
      const { form, sizes, grid, block } = plan(
        [20, ...shape],
        [first([20, ...shape], axis + 1), second([20, ...shape], 0)],
      );
      const [planes, , , width, , , height] = sizes as readonly [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      expect(Math.max(grid[1], grid[2]), String(shape)).to.be.at.most(65535);
      expect(block[0] * block[1]).to.equal(256);
      const [across, down] = form.outputsAlong === 0 ? [4, 1] : [1, 4];
      expect(grid[0] * block[0] * across).to.be.at.least(width);
      if (form.once) {
        expect(grid[1] * block[1] * down).to.be.at.least(height);
        expect(grid[2]).to.equal(planes);
      } else expect(stencilSource(form)).to.match(/i1 \+= .*gridDim\.y/);
    }
  });

  it('few rows are left to the kernel of tables', () => {
    const shape = [8, 4];
    expect(planStencil(shape, 1, [first(shape, 0)], { axis: 0, start: 0, end: 8 }, false)).to.equal(
      undefined,
    );
    const large = [300, 40];
    const range = { axis: 0, start: 0, end: 2 };
    expect(planStencil(large, 1, [first(large, 0)], range, false)).to.equal(undefined);
  });
});
