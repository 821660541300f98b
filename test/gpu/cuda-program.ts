import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const index = new URL('../../src/index.js', import.meta.url).href;

export interface Said {
  readonly name?: string;
  readonly message?: string;
  readonly value?: unknown;
}

/**
 * Runs the body of a module in a separate process. It has the library as `lops`, and
 * `part('array/index.js')` loads a module of src. Returns its last output as JSON.
 */
export function program(body: string, env: Record<string, string>, timeout = 60_000): Said {
  const text = `
    const lops = await import(${JSON.stringify(index)});
    const part = (path) => import(new URL(path, ${JSON.stringify(index)}));
    const say = (value) => console.log(JSON.stringify(value));
    const attempt = (work) => {
      try { return { value: work() }; }
      catch (error) { return { name: error.name, message: error.message }; }
    };
    ${body}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', text], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    env: { ...process.env, LOPS_MPI: 'off', ...env },
    timeout,
  });
  expect(status, stderr).to.equal(0);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Said;
}
