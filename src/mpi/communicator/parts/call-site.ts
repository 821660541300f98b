import { findSourceMap } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { memo } from '../../../core/base/memo.js';
import { hasPackage, packagePath } from '../../../package/package-root.js';

/** The folders of the compiled library: single files and the bundle. */
const LIBRARY = hasPackage()
  ? ['dist/src/', 'dist/bundle/'].map((folder) => pathToFileURL(packagePath(folder)).href)
  : [];
const FRAMES = 40;
/** Source locations by the text 'file:line:column' that V8 reports. */
const known = new Map<string, string>();

/**
 * The stack frames of this call as objects, which are faster to get than their text and cheap to
 * filter.
 */
function frames(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.stackTraceLimit = FRAMES;
  Error.prepareStackTrace = (_, sites) => sites;
  try {
    const sites: unknown = new Error().stack;
    return Array.isArray(sites) ? (sites as NodeJS.CallSite[]) : [];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const isLibrary = (file: string): boolean =>
  LIBRARY.some((folder) => file.startsWith(folder)) || file.startsWith('node:');

function placeOf(site: NodeJS.CallSite): string {
  const file = site.getFileName() ?? 'unknown';
  const [line, column] = [site.getLineNumber() ?? 0, site.getColumnNumber() ?? 0];
  const key = `${file}:${line}:${column}`;
  return memo(known, key, () => {
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    const origin = findSourceMap(path)?.findEntry(line - 1, column - 1);
    return origin && 'originalSource' in origin
      ? `${origin.originalSource.replace(/^file:\/\//, '')}:` +
          `${origin.originalLine + 1}:${origin.originalColumn + 1}`
      : `${path}:${line}:${column}`;
  });
}

/**
 * The location at which the program called the library, and the function that it called: 'at
 * script.js:12:5 (cgls)'. Takes about 10 µs; only programs that are watched call it.
 */
export function callSite(): string {
  let called = '';
  for (const site of frames()) {
    const file = site.getFileName() ?? '';
    if (!isLibrary(file)) {
      // built-in functions such as Array.map have no file
      if (file === '') continue;
      return `at ${placeOf(site)}${called ? ` (${called})` : ''}`;
    }
    if (file.startsWith('node:')) continue;
    // the bundle's classes that refer to themselves begin with '_'
    const [type, name] = [site.getTypeName()?.replace(/^_(?=[A-Z])/, ''), site.getFunctionName()];
    if (name)
      called =
        type && type !== 'Object' && type !== 'Module' && type !== 'Function' && !name.includes('.')
          ? `${type}.${name}`
          : name;
  }
  return called ? `in ${called}` : '';
}
