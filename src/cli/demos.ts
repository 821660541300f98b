import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArgumentError } from '../core/base/errors.js';
import { nearest } from '../core/base/options.js';
import { packagePath } from '../package/package-root.js';

/** An example of the package. */
export interface Demo {
  readonly name: string;
  readonly description: string;
  /** The path of its program. */
  readonly script: string;
}

/** The call by which an example names and describes itself. */
const PROGRAM = /\bparseFlags\(\s*['"]([\w-]+)['"],\s*(?:'([^']*)'|"([^"]*)")/;

/** The examples that this package has, by name. None in a clone that is not built. */
export function demos(): Demo[] {
  const folder = packagePath('dist/examples');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .sort()
    .flatMap((file) => {
      const script = join(folder, file);
      const [, name, single, double] = PROGRAM.exec(readFileSync(script, 'utf8')) ?? [];
      return name === undefined ? [] : [{ name, description: single ?? double ?? '', script }];
    });
}

/**
 * The same, for a command that needs them.
 *
 * @throws {@link ArgumentError} if there are none
 */
export function builtDemos(): Demo[] {
  const all = demos();
  if (all.length === 0)
    throw new ArgumentError("the examples are not built: run 'npm run setup' in the clone of lops-mpi");
  return all;
}

/**
 * The example of a name.
 *
 * @throws {@link ArgumentError} if there is none
 */
export function demoNamed(name: string): Demo {
  const all = builtDemos();
  const found = all.find((demo) => demo.name === name);
  if (found) return found;
  const names = all.map((demo) => demo.name);
  const guess = nearest(name, names);
  throw new ArgumentError(
    `no example '${name}'${guess ? `, did you mean '${guess}'?` : `; there are: ${names.join(', ')}`}`,
  );
}
