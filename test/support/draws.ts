/**
 * More random operators, and others, on demand: how many times the usual number of draws, and the
 * seed.
 */
export const MORE = Number(process.env.LOPS_TEST_DRAWS ?? 1);
export const SEED = Number(process.env.LOPS_TEST_SEED ?? 20);
