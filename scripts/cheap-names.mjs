import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * With keepNames, esbuild names each function again whenever it is made, which costs a call of the
 * library more than its own work. Classes, and functions that esbuild renamed, need it; arrow
 * functions do not.
 */
const NAMES = 'var __name = (target, value) => __defProp(target, "name", { value, configurable: true });';
const CHEAP_NAMES =
  'var __name = (target, value) => target.prototype === undefined || target.name === value ? target : ' +
  '__defProp(target, "name", { value, configurable: true });';

/** Replaces the definition of `__name` in a bundle's folder. Lines stay, for the source maps. */
export function nameCheaply(folder) {
  const file = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .find((path) => path.endsWith('.js') && readFileSync(path, 'utf8').includes(NAMES));
  if (!file) throw new Error("bundle: esbuild's definition of __name is not the known one");
  writeFileSync(file, readFileSync(file, 'utf8').replace(NAMES, CHEAP_NAMES));
}
