import type { Elements } from '../../core/ports/backend.js';

/** The k-th operand of a case. */
export function at(elements: readonly Elements[], k: number): Elements {
  const element = elements[k];
  if (!element) throw new RangeError(`the case has no operand ${k}`);
  return element;
}
