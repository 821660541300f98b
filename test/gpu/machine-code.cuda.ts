/**
 * NVIDIA's machine code of generated stencils, for sm_80 and sm_90: registers, no spilled ones, no
 * subroutines, and what a thread in the interior executes for each output. It is followed through
 * the listing with the arguments of a launch (test/cuemu/machine-code.ts).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type DType, isSingle, lanesOf, realOf } from '../../src/core/base/dtype.js';
import type { AxisBand } from '../../src/core/ports/backend.js';
import { multiplyBands, toeplitzBand } from '../../src/core/schemes/band.js';
import { firstDerivative, secondDerivative } from '../../src/core/schemes/derivative-scheme.js';
import { kernelOptions } from '../../src/gpu/cuda/cuda-engine.js';
import { cudaAddon } from '../../src/gpu/cuda/index.js';
import { type PlannedStencil, planStencil } from '../../src/gpu/cuda/stencils/stencil-plan.js';
import { outputsOf, stencilSource } from '../../src/gpu/cuda/stencils/stencil-source.js';
import { nvidiaLibrary } from '../cuemu/emulator.js';
import { disassemble, execute, type MachineCode, type Thread } from '../cuemu/machine-code.js';
import { cudaEnvironment, onRealCuda } from '../support/emulated-cuda.js';
import { skip } from '../support/skip.js';

/** Where the arguments begin in constant bank 0. */
const ARCHITECTURES = { sm_80: 0x160, sm_90: 0x210 } as const;
type Architecture = keyof typeof ARCHITECTURES;

const TAPS = 43;
const first = (n: number) => firstDerivative({ n });
const second = (n: number) => secondDerivative({ n });
/** Post-stack modelling: the convolution with a wavelet times the first derivative. */
const poststack = (n: number) =>
  multiplyBands(
    toeplitzBand(
      -(TAPS >> 1),
      Array.from({ length: TAPS }, (_, k) => 1 + k / 8),
      n,
      n,
    ),
    first(n),
    n,
  );

/** The most instructions for an output of an operator along axes of a shape; the most registers. */
type Bound = readonly [
  title: string,
  shape: readonly number[],
  axes: readonly number[],
  scheme: (n: number) => AxisBand['segments'],
  most: number,
  registers: number,
];
const BOUNDS: readonly Bound[] = [
  ['first derivative', [16_777_216], [0], first, 25, 64],
  ['first derivative', [4096, 4096], [1], first, 25, 64],
  ['first derivative', [4096, 4096], [0], first, 25, 64],
  ['first derivative', [300, 300, 300], [1], first, 25, 64],
  ['Laplacian', [512, 512, 512], [0, 1, 2], second, 60, 64],
  [`post-stack, ${TAPS} taps`, [16_777_216], [0], poststack, 4 * TAPS, 80],
  [`post-stack, ${TAPS} taps`, [4096, 4096], [1], poststack, 4 * TAPS, 80],
  [`post-stack, ${TAPS} taps`, [4096, 4096], [0], poststack, 4 * TAPS, 80],
  [`post-stack, ${TAPS} taps`, [300, 300, 300], [1], poststack, 4 * TAPS, 80],
];

/** Constant bank 0 of a launch: sizes of blocks and of the grid, arguments that are integers. */
function constantsOf(plan: PlannedStencil, source: string, base: number, real: DType): Map<number, number> {
  const constants = new Map([...plan.block, 1, ...plan.grid].map((value, k) => [4 * k, value] as const));
  const axes = plan.form.axes;
  const [planes, ...sizes] = plan.sizes;
  const named = new Map<string, number>([['planes', planes as number]]);
  for (let d = 0; d < axes; d++)
    ['size', 'first', d < 2 ? 'last' : 'count'].forEach((name, k) =>
      named.set(`${name}${d}`, sizes[3 * d + k] as number),
    );
  plan.bands.forEach(({ n, stride, inside }, b) => {
    const all = { n, stride, segments: 3, sorted: 1, ...inside };
    for (const [name, value] of Object.entries(all)) named.set(`${name}${b}`, value);
  });
  const parameters = /stencil\(\s*([^)]*)\)/.exec(source)?.[1]?.split(',') ?? [];
  let at = base;
  for (const parameter of parameters) {
    const [, type = '', name = ''] = /^\s*(.*?)\s*(\w+)$/.exec(parameter) ?? [];
    const isNumber = type === 'A';
    const bytes = type.includes('*') ? 8 : isNumber && !isSingle(real) ? 8 : 4;
    at = Math.ceil(at / bytes) * bytes;
    if (!type.includes('*') && !isNumber) constants.set(at, named.get(name) ?? 0);
    at += bytes;
  }
  return constants;
}

describe("NVIDIA's machine code of generated stencils", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), 'machine-code-'));
  let disassembler = '';
  before(function () {
    const context = this as unknown as Mocha.Context;
    if (onRealCuda()) skip(context, 'it is read with the emulator');
    const [compiler, tools] = [nvidiaLibrary('nvrtc'), nvidiaLibrary('disassembler')];
    if ('reason' in compiler) return skip(context, compiler.reason);
    if ('reason' in tools) return skip(context, tools.reason);
    disassembler = tools.file;
    Object.assign(process.env, cudaEnvironment(), {
      CUEMU_REAL_NVRTC: compiler.file,
      CUEMU_REAL_ARCHS: Object.keys(ARCHITECTURES).join(','),
      CUEMU_REAL_CUBIN: folder,
    });
  });
  after(() => {
    for (const name of ['CUEMU_REAL_NVRTC', 'CUEMU_REAL_ARCHS', 'CUEMU_REAL_CUBIN']) delete process.env[name];
    rmSync(folder, { recursive: true });
  });

  /** The code for each architecture. */
  function compiled(source: string, real: DType): readonly (readonly [Architecture, MachineCode])[] {
    const state = cudaAddon();
    if (!state.available) throw new Error(state.reason);
    const context = state.addon.openContext(0, Number.POSITIVE_INFINITY, '');
    const headers = ['prelude.cuh', 'stencils.cuh'].flatMap((name) => [
      name,
      readFileSync(new URL(`../../../native/cuda/kernels/${name}`, import.meta.url), 'utf8'),
    ]);
    context.compile('stencil.cu', source, headers, kernelOptions(real));
    context.close();
    return (Object.keys(ARCHITECTURES) as Architecture[]).map((name) => [
      name,
      disassemble(disassembler, `${folder}/stencil.cu.${name}.cubin`),
    ]);
  }

  for (const [title, shape, axes, scheme, most, registers] of BOUNDS)
    for (const dtype of ['float32', 'float64', 'complex64'] as const)
      it(`${title} along ${axes.join(', ')} of [${shape.join(', ')}], ${dtype}`, () => {
        const bands = axes.map((axis) => ({ axis, segments: scheme(shape[axis] as number) }));
        const range = { axis: 0, start: 0, end: shape[0] as number };
        const plan = planStencil(shape, lanesOf(dtype), bands, range, false);
        if (!plan) throw new Error('expected a generated kernel');
        const [source, real] = [stencilSource(plan.form), realOf(dtype)];
        for (const [architecture, code] of compiled(source, real)) {
          const outputs = outputsOf(plan.form.bands);
          const thread: Thread = {
            thread: [5, 0, 0],
            block: plan.grid.map((count) => count >> 1) as unknown as Thread['block'],
            constants: constantsOf(plan, source, ARCHITECTURES[architecture], real),
          };
          const ran = execute(code, thread);
          const each = ran.instructions / outputs;
          const [loads, products] = [ran.globalLoads / outputs, ran.products / outputs];
          console.log(
            `      ${architecture}: ${code.registers} registers, stack ${code.stack}, ` +
              `${each.toFixed(1)} instructions an output, of which ${loads.toFixed(1)} loads, ` +
              `${products.toFixed(1)} products`,
          );
          expect(code.stack, `${architecture}: bytes of spilled registers`).to.equal(0);
          expect(code.registers, `${architecture}: registers`).to.be.at.most(registers);
          expect(
            code.instructions.filter(({ name }) => name.startsWith('CALL')),
            `${architecture}: subroutines`,
          ).to.deep.equal([]);
          expect(ran.globalStores, `${architecture}: stores`).to.equal(outputs);
          const taps = bands.reduce((sum, { segments }, b) => {
            const used = segments[plan.bands[b]?.inside?.segment ?? -1]?.taps ?? [];
            return sum + used.filter((tap) => tap !== 0).length;
          }, 0);
          expect(ran.products, `${architecture}: products`).to.equal(outputs * taps);
          expect(each, `${architecture}: instructions for an output`).to.be.at.most(most);
        }
      });

  it('with positions of 64 bits they spill no registers either', () => {
    const shape = [512, 512, 512];
    const bands = [0, 1, 2].map((axis) => ({ axis, segments: second(512) }));
    const plan = planStencil(shape, 1, bands, { axis: 0, start: 0, end: 512 }, true);
    if (!plan) throw new Error('expected a generated kernel');
    for (const [architecture, code] of compiled(stencilSource(plan.form), 'float64')) {
      expect(code.instructions.length).to.be.above(500);
      expect(code.stack, architecture).to.equal(0);
    }
  });
});
