/** Skips a mocha test and adds the reason to its title, which the report shows. */
export function skip(context: Mocha.Context, why: string): never {
  if (context.test) context.test.title += ` (skipped: ${why})`;
  return context.skip();
}
