import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArgumentError } from '../core/base/errors.js';

/**
 * The flags with which Node.js runs a script: none for JavaScript. For TypeScript they are the
 * flags of tsx if the script can import it; otherwise none if this Node.js strips types (22.18 and
 * newer).
 *
 * @throws {@link ArgumentError} if neither is the case
 */
export function typeScriptFlags(
  script: string,
  strips: boolean = Boolean(Reflect.get(process.features, 'typescript')),
): string[] {
  if (!/\.[mc]?tsx?$/.test(script)) return [];
  try {
    return ['--import', pathToFileURL(createRequire(resolve(script)).resolve('tsx')).href];
  } catch {
    if (strips && !script.endsWith('x')) return [];
    throw new ArgumentError(
      `${script} is TypeScript, which needs tsx ('npm install tsx') or Node.js 22.18 (this is ` +
        `${process.versions.node}); or compile it, and run its .js file`,
    );
  }
}
