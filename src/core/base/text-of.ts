const LONGEST = 60;
const MEMBERS = 6;
const DEPTH = 2;

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
const article = (noun: string): string => (/^(NDA|[AEIOUaeiou])/.test(noun) ? `an ${noun}` : `a ${noun}`);

/**
 * Describes a received value in messages. The value may be of any kind, because programs without
 * types can pass anything. The text is short. Never throws.
 */
export function textOf(value: unknown): string {
  try {
    return text(value, 0);
  } catch {
    return 'an object that cannot be shown'; // a proxy or a property that throws
  }
}

function text(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return shortened(JSON.stringify(value));
    case 'bigint':
      return shortened(`${value}n`);
    case 'function':
      return value.name === '' ? 'a function' : `the function ${shortened(value.name)}`;
    case 'object':
      return value === null ? 'null' : objectText(value, depth);
    default:
      return shortened(String(value));
  }
}

function objectText(value: object, depth: number): string {
  if (Array.isArray(value)) {
    if (depth >= DEPTH) return value.length === 0 ? '[]' : '[…]';
    const members = Array.from(value.slice(0, MEMBERS), (member) => text(member, depth + 1));
    return `[${members.join(', ')}${value.length > MEMBERS ? `, … ${value.length} in all` : ''}]`;
  }
  const made: unknown = value.constructor;
  if (typeof made === 'function' && made !== Object && made.name !== '') {
    if (value instanceof Promise) return 'a promise: await it first';
    const { shape, dims, length } = value as {
      readonly shape?: unknown;
      readonly dims?: unknown;
      readonly length?: unknown;
    };
    const size = dims ?? shape;
    if (Array.isArray(size)) return `${article(made.name)} of ${dims ? 'dims' : 'shape'} ${text(size, 0)}`;
    return `${article(made.name)}${typeof length === 'number' ? ` of length ${length}` : ''}`;
  }
  const keys = Object.keys(value);
  if (depth >= DEPTH) return keys.length === 0 ? '{}' : '{ … }';
  const members = keys
    .slice(0, MEMBERS)
    .map((key) => `${key}: ${text((value as Record<string, unknown>)[key], depth + 1)}`);
  if (keys.length > MEMBERS) members.push('…');
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
