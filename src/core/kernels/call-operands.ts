import type { Elements } from '../ports/backend.js';

/**
 * An argument of a kernel with all elements in it replaced. What has none in it stays the same
 * object, as kernels keep what they derive from it.
 */
export function replaceElements<T>(argument: T, replace: (elements: Elements) => Elements): T {
  if (typeof argument !== 'object' || argument === null || ArrayBuffer.isView(argument)) return argument;
  if ('storage' in argument) return replace(argument as unknown as Elements) as T;
  const entries = Object.entries(argument).map(([key, value]) => [key, replaceElements(value, replace)]);
  if (entries.every(([key, value]) => (argument as Record<string, unknown>)[key as string] === value))
    return argument;
  return (Array.isArray(argument) ? entries.map(([, value]) => value) : Object.fromEntries(entries)) as T;
}

/** All elements in an argument of a kernel. */
export function elementsIn(argument: unknown): Elements[] {
  const found: Elements[] = [];
  replaceElements(argument, (elements) => {
    found.push(elements);
    return elements;
  });
  return found;
}
