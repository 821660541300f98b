import { expect } from 'chai';
import { ArgumentError } from '../../src/core/base/errors.js';
import { type Defaults, requireOptions, withDefaults } from '../../src/core/base/options.js';
import { expectType } from '../types/expect-type.js';

interface Options {
  readonly axis?: number;
  readonly kind?: 'a' | 'b';
  readonly dtype?: string;
}
interface Required extends Options {
  readonly halo: number;
}

const DEFAULTS = { axis: -1, kind: 'a', dtype: undefined } satisfies Defaults<Options>;
const REQUIRED = { ...DEFAULTS, halo: undefined } satisfies Defaults<Required>;

// The compilation of this file is a test, too.
// @ts-expect-error an option is forgotten
({ axis: -1, kind: 'a' }) satisfies Defaults<Options>;
// @ts-expect-error there is no such option
({ ...DEFAULTS, axes: 1 }) satisfies Defaults<{ readonly axes?: string }>;
// @ts-expect-error there is no such option
({ axis: -1, kind: 'a', dtype: undefined, order: 3 }) satisfies Defaults<Options>;
// @ts-expect-error there is no such option
withDefaults('Sum', {} as Options, { ...DEFAULTS, order: 3 } as const);

describe('options', () => {
  it('that are absent or undefined get their default', () => {
    const options = withDefaults('Sum', { axis: 2, kind: undefined } as object as Options, DEFAULTS);
    expect(options).to.deep.equal({ axis: 2, kind: 'a', dtype: undefined });
    expectType<{ readonly axis: number; readonly kind: 'a' | 'b'; readonly dtype: string | undefined }>()(
      options,
    );
    expect(DEFAULTS).to.deep.equal({ axis: -1, kind: 'a', dtype: undefined });
  });

  it('without any are the constant itself', () => {
    expect(withDefaults('Sum', undefined as Options | undefined, DEFAULTS)).to.equal(DEFAULTS);
  });

  it('that must be given have a type without undefined', () => {
    const { halo } = requireOptions('Halo', { halo: 3 } as Required, REQUIRED);
    expectType<number>()(halo);
    expect(halo).to.equal(3);
  });

  it('that are inherited are used, as in destructuring', () => {
    expect(withDefaults('Sum', Object.create({ axis: 1 }) as Options, DEFAULTS).axis).to.equal(1);
  });

  const wrong: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    'an unknown name': [{ axes: 1 }, /^Sum: unknown option 'axes', did you mean 'axis'\?$/],
    'a name that is near none': [{ elephant: 1 }, /unknown option 'elephant'; known are axis, kind, dtype$/],
    'the name of an inherited member': [{ toString: 1 }, /unknown option 'toString'/],
    null: [null, /^Sum: expected an options object \{ axis, kind, dtype \}, received null$/],
    'a number': [3, /expected an options object \{ axis, kind, dtype \}, received 3/],
    'a list': [[1], /expected an options object/],
    'an object of a class': [new Map(), /expected an options object/],
  };
  for (const [what, [options, message]] of Object.entries(wrong))
    it(`that are ${what} are refused`, () => {
      expect(() => withDefaults('Sum', options as Options, DEFAULTS)).to.throw(ArgumentError, message);
    });

  it('that must be given and are not are refused', () => {
    expect(() => requireOptions('Halo', undefined as Required | undefined, REQUIRED)).to.throw(
      ArgumentError,
      /^Halo: expected an options object \{ axis, kind, dtype, halo \}, received none$/,
    );
  });
});
