import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Nested } from '../../src/core/array/host-values.js';
import { NDArray } from '../../src/core/array/ndarray.js';
import type { DType } from '../../src/core/base/dtype.js';
import { ArgumentError, DTypeError } from '../../src/core/base/errors.js';
import { readNpy, readNpyHeader, writeNpy } from '../../src/io/npy/npy.js';
import { numbered, onEveryBackend } from '../core/arrays.js';

/** Builds a .npy file from its fields, as defined in NEP 1. */
function npy(
  descr: string,
  shape: string,
  data: Uint8Array,
  options: { version?: number; fortran?: boolean; text?: string } = {},
): Buffer {
  const { version = 1, fortran = false } = options;
  const text =
    options.text ??
    `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }\n`;
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    Buffer.from(text),
    data,
  ]);
}

/** The bytes of values, written by a method of DataView. */
type Setter = { [K in keyof DataView]: K extends `set${string}` ? K : never }[keyof DataView];
function bytes(
  setter: Setter,
  width: number,
  values: readonly (number | bigint)[],
  little = true,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(width * values.length));
  values.forEach((v, i) => {
    (view[setter] as (at: number, value: number | bigint, little: boolean) => void)(i * width, v, little);
  });
  return new Uint8Array(view.buffer);
}

onEveryBackend('.npy', (backend) => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'npy-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const path = () => join(folder, 'x.npy');
  const reading = (file: Uint8Array, options = {}): NDArray => {
    writeFileSync(path(), file);
    return readNpy(path(), options);
  };
  const holds = (dtype: DType) => backend().dtypes.includes(dtype);

  it('is read as it was written', () => {
    for (const dtype of backend().dtypes) {
      for (const shape of [[], [0], [5], [3, 0], [2, 3, 4]]) {
        const x = numbered(shape, dtype);
        writeNpy(path(), x);
        const y = readNpy(path());
        expect(y.dtype).to.equal(dtype);
        expect(y.shape).to.deep.equal(shape);
        expect(y.toHost()).to.deep.equal(x.toHost());
      }
      const rows = numbered([6, 2], dtype).slice([2, 5]);
      writeNpy(path(), rows);
      expect(readNpy(path()).toHost()).to.deep.equal(rows.toHost());
    }
  });
  it('is written as NumPy writes it', () => {
    writeNpy(path(), NDArray.array([[1, 2, 3]], { dtype: 'float32' }));
    const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }";
    const file = readFileSync(path());
    expect(file.subarray(0, 128)).to.deep.equal(
      Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n`, 'latin1'),
    );
    expect(file.subarray(128)).to.deep.equal(Buffer.from(Float32Array.of(1, 2, 3).buffer));
    writeNpy(path(), NDArray.zeros([7]));
    expect(readFileSync(path(), 'latin1')).to.include("'shape': (7,), }");
  });
  it('reads every kind of number, in either byte order', () => {
    const cases: readonly (readonly [
      descr: string,
      setter: Setter,
      width: number,
      values: readonly (number | bigint)[],
      dtype: DType,
      expected: Nested,
    ])[] = [
      ['b1', 'setUint8', 1, [0, 1], 'bool', [false, true]],
      ['i1', 'setInt8', 1, [-128, 127], 'int32', [-128, 127]],
      ['u1', 'setUint8', 1, [0, 255], 'int32', [0, 255]],
      ['i2', 'setInt16', 2, [-32768, 5], 'int32', [-32768, 5]],
      ['u2', 'setUint16', 2, [65535, 5], 'int32', [65535, 5]],
      ['i4', 'setInt32', 4, [-(2 ** 31), 5], 'int32', [-(2 ** 31), 5]],
      ['u4', 'setUint32', 4, [2 ** 31 - 1], 'int32', [2 ** 31 - 1]],
      ['u4', 'setUint32', 4, [2 ** 31, 1], 'float64', [2 ** 31, 1]],
      ['i8', 'setBigInt64', 8, [-5n, 7n], 'int32', [-5, 7]],
      ['i8', 'setBigInt64', 8, [-(2n ** 40n), 2n ** 53n], 'float64', [-(2 ** 40), 2 ** 53]],
      ['u8', 'setBigUint64', 8, [2n ** 63n], 'float64', [2 ** 63]],
      [
        'f2',
        'setUint16',
        2,
        [0x3c00, 0xc000, 0x0001, 0x7c00, 0x3555],
        'float32',
        [1, -2, 2 ** -24, Number.POSITIVE_INFINITY, 0.333251953125],
      ],
      ['f4', 'setFloat32', 4, [0.5, -2], 'float32', [0.5, -2]],
      ['f8', 'setFloat64', 8, [0.1, 1e300], 'float64', [0.1, 1e300]],
      [
        'c8',
        'setFloat32',
        4,
        [1, 2, 3, -4],
        'complex64',
        [
          { re: 1, im: 2 },
          { re: 3, im: -4 },
        ],
      ],
      [
        'c16',
        'setFloat64',
        8,
        [1, 2, 3, -4],
        'complex128',
        [
          { re: 1, im: 2 },
          { re: 3, im: -4 },
        ],
      ],
    ];
    for (const [descr, setter, width, values, dtype, expected] of cases.filter((c) => holds(c[4]))) {
      for (const little of [true, false]) {
        const n = (expected as readonly Nested[]).length;
        const x = reading(
          npy(
            `${width === 1 ? '|' : little ? '<' : '>'}${descr}`,
            `(${n},)`,
            bytes(setter, width, values, little),
          ),
        );
        expect(x.dtype, descr).to.equal(dtype);
        expect(x.toArray(), descr).to.deep.equal(expected);
      }
    }
  });
  it('reads versions 1 to 3 and Fortran order', () => {
    const data = bytes('setFloat32', 4, [0, 1, 2, 3, 4, 5]);
    for (const version of [1, 2, 3])
      expect(reading(npy('<f4', '(2, 3)', data, { version })).toArray()).to.deep.equal([
        [0, 1, 2],
        [3, 4, 5],
      ]);
    expect(reading(npy('<f4', '(2, 3)', data, { fortran: true })).toArray()).to.deep.equal([
      [0, 2, 4],
      [1, 3, 5],
    ]);
    expect(reading(npy('<f4', '(2, 1, 3)', data, { fortran: true })).toArray()).to.deep.equal([
      [[0, 2, 4]],
      [[1, 3, 5]],
    ]);
    expect(reading(npy('<f4', '(6,)', data, { fortran: true })).toArray()).to.deep.equal([0, 1, 2, 3, 4, 5]);
    expect(
      reading(npy('', '', data, { text: `{"shape": (3L, 2L), "fortran_order": False, "descr": "<f4"}` }))
        .shape,
    ).to.deep.equal([3, 2]);
  });
  it('converts dtypes while reading where that loses nothing', () => {
    const doubles = npy('<f8', '(2,)', bytes('setFloat64', 8, [0.1, 2]));
    expect(reading(doubles, { dtype: 'float32' }).toHost()).to.deep.equal(Float32Array.of(0.1, 2));
    const wide = npy('<i8', '(1,)', bytes('setBigInt64', 8, [2n ** 53n + 1n]));
    expect(reading(wide, { dtype: 'float32' }).get(0)).to.equal(2 ** 53);
    if (holds('complex128'))
      expect(reading(doubles, { dtype: 'complex128' }).get(1)).to.deep.equal({ re: 2, im: 0 });
    if (holds('float64')) {
      expect(() => reading(wide)).to.throw(DTypeError, '9007199254740993');
      expect(
        reading(npy('<i4', '(1,)', bytes('setInt32', 4, [-3])), { dtype: 'float64' }).toHost(),
      ).to.deep.equal(Float64Array.of(-3));
    }
    if (holds('int32')) {
      expect(() =>
        reading(npy('<i8', '(1,)', bytes('setBigInt64', 8, [2n ** 31n])), { dtype: 'int32' }),
      ).to.throw(DTypeError);
      expect(() => reading(doubles, { dtype: 'int32' })).to.throw(DTypeError, 'astype');
    }
    expect(() => reading(npy('<c8', '(1,)', bytes('setFloat32', 4, [1, 2])), { dtype: 'float32' })).to.throw(
      DTypeError,
      'real()',
    );
    expect(() => reading(doubles, { dtyp: 'float32' })).to.throw(ArgumentError, "did you mean 'dtype'");
  });
  it('reads files in several pieces', () => {
    const n = 600_000;
    const x = reading(
      npy(
        '>i2',
        `(${n},)`,
        bytes(
          'setInt16',
          2,
          Array.from({ length: n }, (_, i) => i % 1000),
          false,
        ),
      ),
      { dtype: 'float32' },
    );
    expect(x.sum()).to.equal((n / 1000) * 499_500);
    if (!holds('complex64')) return;
    const z = reading(
      npy(
        '<c16',
        `(${n / 2},)`,
        bytes(
          'setFloat64',
          8,
          Array.from({ length: n }, (_, i) => i % 1000),
        ),
      ),
      { dtype: 'complex64' },
    );
    expect(z.sum()).to.deep.equal({ re: (n / 1000) * 249_500, im: (n / 1000) * 250_000 });
  });
  it('refuses damaged and hostile files before it allocates', () => {
    const data = bytes('setFloat32', 4, [1, 2]);
    const good = npy('<f4', '(2,)', data);
    const wrong: readonly (readonly [why: RegExp, file: Uint8Array])[] = [
      [/bytes only/, Buffer.from('\x93NUM', 'latin1')],
      [/doesn't start/, Buffer.from('PK\x03\x04 and so on, long enough')],
      [/version 9/, npy('<f4', '(2,)', data, { version: 9 })],
      [/cut short/, good.subarray(0, 40)],
      [/cut short/, good.subarray(0, good.length - 1)],
      [/cut short or damaged/, npy('<f4', `(${2n ** 60n},)`, data)],
      [/cut short or damaged/, npy('<f4', '(1000000000, 1000000000, 1000000000)', data)],
      [/cut short or damaged/, npy('<f4', `(${'9'.repeat(400)},)`, data)],
      [/no descr/, npy('<f4', '(-2,)', data)],
      [/no descr/, npy('<f4', '(2.5,)', data)],
      [/no descr/, npy('', '', data, { text: 'import os' })],
      [
        /at most 65536/,
        Buffer.concat([Buffer.from('\x93NUMPY\x02\x00\xff\xff\xff\x7f', 'latin1'), Buffer.alloc(100)]),
      ],
    ];
    const { allocations } = backend().stats();
    for (const [why, file] of wrong) expect(() => reading(file), String(why)).to.throw(ArgumentError, why);
    for (const descr of ['|O', '<U5', '<f16', '<i3', '<M8', '<c4'])
      expect(() => reading(npy(descr, '(1,)', new Uint8Array(64))), descr).to.throw(
        DTypeError,
        'expected bool',
      );
    expect(() =>
      reading(
        npy('', '', data, { text: "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}" }),
      ),
    ).to.throw(DTypeError, 'structured');
    expect(backend().stats().allocations).to.equal(allocations);
    expect(() => readNpy(join(folder, 'none.npy'))).to.throw('ENOENT');
  });
  it('releases its memory where reading fails', () => {
    const { liveBytes } = backend().stats();
    if (!holds('float64')) return;
    expect(() => reading(npy('<i8', '(2,)', bytes('setBigInt64', 8, [1n, 2n ** 62n + 1n])))).to.throw(
      DTypeError,
    );
    expect(backend().stats().liveBytes).to.equal(liveBytes);
  });
  it('is replaced as a whole or not at all', () => {
    writeNpy(path(), NDArray.ones([3]));
    const before = readFileSync(path());
    const gone = NDArray.ones([4]);
    gone.dispose();
    expect(() => writeNpy(path(), gone)).to.throw('disposed');
    expect(readFileSync(path())).to.deep.equal(before);
    expect(readdirSync(folder)).to.deep.equal(['x.npy']);
    expect(() => writeNpy(join(folder, 'none', 'x.npy'), NDArray.ones([1]))).to.throw('ENOENT');
  });
  it('returns the offset of the data', () => {
    writeNpy(path(), NDArray.zeros([2, 5], { dtype: 'float32' }));
    const fd = openSync(path(), 'r');
    const header = readNpyHeader(fd, statSync(path()).size);
    closeSync(fd);
    expect(header).to.deep.equal({
      descr: '<f4',
      kind: 'float',
      bytes: 4,
      littleEndian: true,
      fortranOrder: false,
      shape: [2, 5],
      size: 10,
      dataOffset: 128,
    });
  });
  it('finds elements beyond 4 GiB', () => {
    // a sparse file: only its last byte is written
    const n = 2 ** 32 + 8;
    writeFileSync(path(), npy('|u1', `(${n},)`, new Uint8Array(0)));
    const start = statSync(path()).size;
    truncateSync(path(), start + n);
    const fd = openSync(path(), 'r');
    expect(readNpyHeader(fd, start + n).size).to.equal(n);
    closeSync(fd);
    expect(() => {
      const small = openSync(path(), 'r');
      try {
        readNpyHeader(small, start + n - 1);
      } finally {
        closeSync(small);
      }
    }).to.throw(ArgumentError, 'cut short');
  });
});
