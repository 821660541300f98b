/** The rules of the house that tools can hold: format, lint, layers. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));

function tool(path: string, args: readonly string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}node_modules/${path}`, ...args], { cwd: root, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('the house', function () {
  this.timeout(120_000);

  it('is formatted and free of lint (npm run lint; npm run format mends the format)', () => {
    const { status, output } = tool('@biomejs/biome/bin/biome', ['ci', '--error-on-warnings', '--colors=off', '--reporter=summary', '.']);
    expect(status, output).to.equal(0);
  });

  it('imports downwards only (npm run layers)', () => {
    const { status, output } = tool('dependency-cruiser/bin/dependency-cruise.mjs', [
      '--config',
      '.dependency-cruiser.cjs',
      'src',
      'test',
      'examples',
      'bench',
    ]);
    expect(status, output).to.equal(0);
    expect(output).to.match(/no dependency violations found \([1-9]\d+ modules/);
  });
});
