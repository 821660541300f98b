import type { Scalar } from '../../../../src/core/base/complex.js';
import { DistributedArray } from '../../../../src/core/distributed/distributed-array.js';
import { Layout } from '../../../../src/core/distributed/layout.js';
import { fftshift, ifftshift } from '../../../../src/core/distributed/roll-and-fftshift.js';
import type { DistributedArrayOptions } from '../../../../src/core/distributed/space.js';
import { PARTITIONS } from '../../../../src/core/distributed/space.js';
import {
  StackedDistributedArray,
  StackedSpace,
} from '../../../../src/core/distributed/stacked-distributed-array.js';
import type { AnyVector } from '../../../../src/core/vector/vector.js';
import { given, type Params, required } from '../params.js';
import type { Trial } from '../trial.js';
import { vectorOf } from '../vectors.js';

/** The array of a file, with the distribution of the case. */
function arrayOf(trial: Trial, file = 'a.npy', options: DistributedArrayOptions = {}): DistributedArray {
  const { params, comm, backend } = trial;
  const { values, dtype } = trial.input(file);
  const shape = required(params.numbers('global_shape'), 'global_shape');
  const axis = params.number('axis');
  return DistributedArray.empty(shape, { comm, backend, dtype, ...given({ axis }), ...options }).assignGlobal(
    values,
  );
}

const orderOf = (name: string): number | undefined =>
  name === 'None' ? undefined : name.endsWith('inf') ? Number(name.replace('inf', 'Infinity')) : Number(name);

/** Elementwise results by their names in the cases. */
const ELEMENTWISE: Readonly<Record<string, (a: AnyVector, b: AnyVector, scalar: Scalar) => AnyVector>> = {
  add: (a, b) => a.add(b),
  sub: (a, b) => a.subtract(b),
  mul: (a, b) => a.multiply(b),
  neg: (a) => a.negative(),
  scalar_mul: (a, _, scalar) => a.multiply(scalar),
  conj: (a) => a.conj(),
  iadd: (a, b) => a.copy().addInPlace(b),
  isub_back: (a, b) => a.copy().addInPlace(b).subtractInPlace(a),
};

const SCALARS: Readonly<Record<string, (a: AnyVector, b: AnyVector) => Scalar>> = {
  dot: (a, b) => a.dot(b),
  vdot: (a, b) => a.vdot(b),
};

/** Compares every result of the case for a pair of vectors, except norms along axes. */
function compareArithmetic(trial: Trial, a: AnyVector, b: AnyVector): void {
  const scalar = required(trial.expected.scalar('scalar'), 'scalar');
  for (const [name, compute] of Object.entries(ELEMENTWISE)) {
    if (trial.source.has(`${name}.npy`)) trial.compare(name, compute(a, b, scalar));
  }
  for (const name of Object.keys(trial.expected.values)) {
    if (name.startsWith('norm_')) trial.compareScalar(name, a.norm(orderOf(name.slice(5))));
    else if (name !== 'scalar') trial.compareScalar(name, required(SCALARS[name], `what ${name} is`)(a, b));
  }
}

function ops(trial: Trial): void {
  const options = given({ partition: trial.params.oneOf('partition', PARTITIONS) });
  const [a, b] = [arrayOf(trial, 'a.npy', options), arrayOf(trial, 'b.npy', options)];
  compareArithmetic(trial, a, b);
  if (trial.source.has('ravel.npy')) trial.compare('ravel', a.ravel());
  for (const file of Object.keys(trial.source.content.files ?? {})) {
    const along = /^norm_(.+)_axis(\d+)\.npy$/.exec(file);
    if (along) trial.compare(file, a.norm(orderOf(along[1] as string), Number(along[2])), file);
  }
}

function stacked(trial: Trial): void {
  const { params, comm, backend } = trial;
  const blocks = required(params.numbers('blocks'), 'blocks');
  const [a, b] = ['a.npy', 'b.npy'].map((file) => {
    const values = trial.input(file);
    const parts = blocks.map((n) => DistributedArray.empty(n, { comm, backend, dtype: values.dtype }));
    return vectorOf(StackedSpace.of(parts.map((part) => part.space)), values);
  });
  const [x, y] = [required(a, 'a'), required(b, 'b')];
  if (!(x instanceof StackedDistributedArray)) throw new Error('expected a stacked vector');
  compareArithmetic(trial, x, y);
}

/** A list of shapes. Empty if there is none. */
function shapesOf(p: Params, name: string): number[][] {
  const list = p.inside(name);
  return Object.keys(list.values).map((k) => required(list.numbers(k), name));
}

function ghost(trial: Trial): void {
  const { params, comm } = trial;
  const shapes = shapesOf(params, 'local_shapes');
  const a = arrayOf(trial, 'a.npy', shapes.length > 0 ? { localShapes: shapes } : {});
  trial.compare('local', a.local, `local_r${comm.rank}.npy`);
  trial.compare(
    'ghost',
    a.addGhostCells(params.number('cells_front') ?? 0, params.number('cells_back') ?? 0),
    `ghost_r${comm.rank}.npy`,
  );
}

function redistribute(trial: Trial): void {
  const moved = arrayOf(trial).redistribute(required(trial.params.number('new_axis'), 'new_axis'));
  trial.compare('local', moved.local, `local_r${trial.comm.rank}.npy`);
  trial.compare('whole', moved, 'a.npy');
}

function ravel(trial: Trial): void {
  const flat = arrayOf(trial).ravel();
  trial.compare('ravel', flat);
  trial.compareNumbers(
    'local_shapes',
    flat.localShapes.flat(),
    shapesOf(trial.expected, 'local_shapes').flat(),
  );
}

function mask(trial: Trial): void {
  const { comm, params, expected } = trial;
  const options = { mask: required(params.numbers('mask'), 'mask') };
  const [a, b] = [arrayOf(trial, 'a.npy', options), arrayOf(trial, 'b.npy', options)];
  for (const name of Object.keys(expected.values)) {
    const mine = required(expected.inside(name).scalar(`${comm.rank}`), name);
    const result = name.startsWith('norm_')
      ? a.norm(orderOf(name.slice(5)))
      : required(SCALARS[name], `what ${name} is`)(a, b);
    trial.compareScalar(name, result, mine);
  }
  trial.compare('asarray_masked', a.asArray({ masked: true }), `asarray_masked_r${comm.rank}.npy`);
}

function reshape(trial: Trial): void {
  const reshaped = arrayOf(trial).reshapeLocal(
    required(trial.params.numbers('local_shape'), 'local_shape'),
    trial.params.number('axis'),
  );
  trial.compareNumbers(
    'global_shape',
    reshaped.globalShape,
    required(trial.expected.numbers('global_shape'), 'global_shape'),
  );
  trial.compare('reshaped', reshaped);
}

function split(trial: Trial): void {
  const { expected, backend, comm } = trial;
  const table = expected.inside('table');
  for (const k of Object.keys(table.values)) {
    const row = table.inside(k);
    const [ranks, axis] = [required(row.number('nranks'), 'nranks'), required(row.number('axis'), 'axis')];
    const shape = required(row.numbers('global_shape'), 'global_shape');
    const shapes = shapesOf(row, 'local_shapes');
    const name = `${shape} on ${ranks}`;
    trial.compareNumbers(name, Layout.split(shape, ranks, axis).localShapes.flat(), shapes.flat());
    if (ranks !== comm.size) continue;
    trial.compareNumbers(
      `${name}, local`,
      DistributedArray.empty(shape, { comm, backend, axis }).local.shape,
      shapes[comm.rank] ?? [],
    );
  }
}

function shifted(trial: Trial): void {
  const a = arrayOf(trial);
  const axes = trial.params.numbers('axes');
  trial.compare('fftshift', fftshift(a, axes));
  trial.compare('ifftshift', ifftshift(a, axes));
}

/** One line per kind. */
export const ARRAY_KINDS = {
  'array-ops': ops,
  'array-stacked': stacked,
  'array-ghost': ghost,
  'array-redistribute': redistribute,
  'array-ravel': ravel,
  'array-mask': mask,
  'array-reshape': reshape,
  'array-split': split,
  'array-fftshift': shifted,
} as const;
