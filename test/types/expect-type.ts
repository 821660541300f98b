/** Types that are the same, not only assignable. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/**
 * `expectType<Expected>()(value)` compiles only where the type of `value` is exactly `Expected`.
 * Nothing happens at run time.
 */
export const expectType =
  <Expected>() =>
  <Actual>(
    _value: Actual,
    ..._same: Equal<Actual, Expected> extends true ? [] : ['the type of the value is', Actual]
  ): void =>
    undefined;
