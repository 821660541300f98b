import type { Generator } from './generator.js';

export type { ChoiceOptions } from './choosing.js';
export type { Drawn, DrawnAs, DrawOptions, RandomParameter } from './draws.js';
/** The type of a generator. */
export type RandomGenerator = Generator;
export {
  type Chosen,
  defaultRng,
  Generator,
  type IntegersOptions,
  type RandomShape,
  type ShuffleOptions,
} from './generator.js';
