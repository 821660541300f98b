export const copyObject: typeof import('./copy-object.js').copyObject = (value) => structuredClone(value);
