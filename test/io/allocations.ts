/** The bytes of the largest typed array that `body` allocates, and what it returns. */
export function largestAllocation<R>(body: () => R): { readonly bytes: number; readonly value: R } {
  let most = 0;
  const count = <A extends object>(made: A): A => {
    if (ArrayBuffer.isView(made) || made instanceof ArrayBuffer) most = Math.max(most, made.byteLength);
    return made;
  };
  const names = ['Uint8Array', 'Int32Array', 'Float32Array', 'Float64Array', 'ArrayBuffer'] as const;
  const types = names.map((name) => [name, globalThis[name]] as const);
  const { alloc, allocUnsafe, concat } = Buffer;
  const scope: Record<string, unknown> = globalThis;
  for (const [name, type] of types)
    scope[name] = new Proxy<typeof type>(type, {
      construct: (target, args, made) => count(Reflect.construct(target, args, made) as object),
    });
  Buffer.alloc = (...args: Parameters<typeof alloc>) => count(alloc(...args));
  Buffer.allocUnsafe = (size) => count(allocUnsafe(size));
  Buffer.concat = (...args) => count(concat(...args));
  try {
    const value = body();
    return { bytes: most, value };
  } finally {
    for (const [name, type] of types) scope[name] = type;
    Object.assign(Buffer, { alloc, allocUnsafe, concat });
  }
}
