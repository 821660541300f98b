/** Tests that the columns of the table of dtypes agree with each other and with native code. */

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  bytesOf,
  canHold,
  complexOf,
  DTYPES,
  type DType,
  dtypeOf,
  dtypeOfNpyCode,
  holdsNumber,
  hostArray,
  isComplex,
  isDouble,
  isInteger,
  isSingle,
  lanesOf,
  npyCodeOf,
  promote,
  realOf,
  singleOf,
  tagOf,
} from '../../src/core/base/dtype.js';
import { DTypeError } from '../../src/core/base/errors.js';
import { packagePath } from '../../src/package/package-root.js';

describe('dtypes', () => {
  it('tags are the positions in DTYPES, and those of native code', () => {
    const header = readFileSync(packagePath('native/common/dtype.hpp'), 'utf8');
    const list = /enum class DType[^{]*\{([^}]*)\}/.exec(header)?.[1] ?? '';
    const native = [...list.matchAll(/([a-z0-9]+)_? = (\d+)/g)].map(([, name, tag]) => [name, Number(tag)]);
    expect(native).to.deep.equal(DTYPES.map((dtype) => [dtype, tagOf(dtype)]));
    expect(DTYPES.map(tagOf)).to.deep.equal(DTYPES.map((_, position) => position));
  });

  it('bytes, lanes and typed arrays agree', () => {
    for (const dtype of DTYPES) {
      const values = hostArray(dtype, 3);
      expect(values.byteLength, dtype).to.equal(3 * bytesOf(dtype));
      expect(values.length, dtype).to.equal(3 * lanesOf(dtype));
      expect(dtypeOf(values), dtype).to.equal(realOf(dtype));
      expect(dtypeOfNpyCode(npyCodeOf(dtype)), dtype).to.equal(dtype);
      expect(Number(npyCodeOf(dtype).slice(1)), dtype).to.equal(bytesOf(dtype));
    }
  });

  it('precisions and counterparts agree', () => {
    for (const dtype of DTYPES) {
      expect([isSingle, isDouble, isInteger].filter((is) => is(dtype)).length, dtype).to.equal(1);
      expect(isSingle(singleOf(dtype)) && isComplex(singleOf(dtype)) === isComplex(dtype), dtype).to.equal(
        true,
      );
      if (isInteger(dtype)) expect(() => complexOf(dtype), dtype).to.throw(DTypeError);
      else expect(realOf(complexOf(dtype)), dtype).to.equal(realOf(dtype));
    }
  });

  it('a dtype can hold another where their promotion is that dtype', () => {
    const promoted = (a: DType, b: DType): DType | undefined => {
      try {
        return promote(a, b);
      } catch {
        return undefined;
      }
    };
    for (const a of DTYPES)
      for (const b of DTYPES) {
        expect(canHold(a, b), `${b} in ${a}`).to.equal(promoted(a, b) === a);
        expect(promoted(a, b), `${a} with ${b}`).to.equal(promoted(b, a));
      }
  });

  it('integers hold the whole numbers of their range only', () => {
    const held = [0, -0, 2 ** 31 - 1, -(2 ** 31)];
    const refused = [0.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN, Number.POSITIVE_INFINITY];
    for (const value of held) expect(holdsNumber('int32', value), `${value}`).to.equal(true);
    for (const value of refused) {
      expect(holdsNumber('int32', value), `${value}`).to.equal(false);
      expect(holdsNumber('float32', value), `${value}`).to.equal(true);
    }
    expect([0, 1, -0, 2, -1, 0.5].map((value) => holdsNumber('bool', value))).to.deep.equal([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
