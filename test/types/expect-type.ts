/** True for identical types, not only for assignable ones. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/**
 * `expectType<Expected>()(value)` compiles only if the type of `value` is exactly `Expected`. It
 * does nothing at run time.
 */
export const expectType =
  <Expected>() =>
  <Actual>(
    _value: Actual,
    ..._same: Equal<Actual, Expected> extends true ? [] : ['the type of the value is', Actual]
  ): void =>
    undefined;
