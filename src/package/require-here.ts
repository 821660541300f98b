import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The URL of this module. CommonJS bundles have none. */
const HERE: string | undefined = import.meta.url;

/**
 * Loads modules, addons and packages from the folder of this file. In a CommonJS bundle it loads
 * them from the folder of the program.
 */
export const requireHere = createRequire(HERE ?? process.argv[1] ?? join(process.cwd(), 'program.js'));
