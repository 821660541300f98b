import { deserialize, serialize } from 'node:v8';

/** A copy of an object as another rank would receive it: see encodeObject(). */
export const copyObject = (value: unknown): unknown => deserialize(serialize(value));
