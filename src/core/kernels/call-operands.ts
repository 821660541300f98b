import type { Elements } from '../ports/backend.js';

/**
 * Returns an argument of a kernel with all elements in it replaced. An argument without elements is
 * returned as the same object, because kernels cache data for the objects that they receive.
 */
export function replaceElements<T>(argument: T, replace: (elements: Elements) => Elements): T {
  if (typeof argument !== 'object' || argument === null || ArrayBuffer.isView(argument)) return argument;
  if ('storage' in argument) return replace(argument as unknown as Elements) as T;
  const entries = Object.entries(argument).map(([key, value]) => [key, replaceElements(value, replace)]);
  if (entries.every(([key, value]) => (argument as Record<string, unknown>)[key as string] === value))
    return argument;
  return (Array.isArray(argument) ? entries.map(([, value]) => value) : Object.fromEntries(entries)) as T;
}

/** Returns all elements in an argument of a kernel. */
export function elementsIn(argument: unknown): Elements[] {
  const found: Elements[] = [];
  replaceElements(argument, (elements) => {
    found.push(elements);
    return elements;
  });
  return found;
}
