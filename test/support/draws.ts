/**
 * The factor by which the number of draws of random operators and other random input is multiplied:
 * `LOPS_TEST_DRAWS`. `LOPS_TEST_SEED` sets the seed of the draws.
 */
export const MORE = Number(process.env.LOPS_TEST_DRAWS ?? 1);
export const SEED = Number(process.env.LOPS_TEST_SEED ?? 20);
