// The start of a bundle (scripts/gpu-bundle.mjs): finds the libraries of CUDA on this machine and
// runs the report. Arguments are those of npm run gpu-report.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const output = (program, args) =>
  spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 }).stdout ?? '';
const entries = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);

/** The folders of the packages that pip has installed for the Python of this machine. */
const ofPython = output('python3', [
  '-c',
  'import site; print(*site.getsitepackages(), site.getusersitepackages(), sep="\\n")',
])
  .split('\n')
  .flatMap((folder) => entries(join(folder, 'nvidia')).map((found) => join(found, 'lib')));
const own = process.env.LOPS_CUDA_LIBRARIES ? [process.env.LOPS_CUDA_LIBRARIES] : [];
const folders = [...ofPython, '/usr/local/cuda/lib64'].filter((folder) => existsSync(folder));
const hasNvrtc =
  [...own.flatMap((list) => list.split(':')), ...folders]
    .flatMap(entries)
    .some((path) => /\/libnvrtc\.so\.\d+/.test(path)) || /libnvrtc\.so\.\d+/.test(output('ldconfig', ['-p']));
const packed = hasNvrtc ? [] : [join(here, 'nvrtc')].filter((folder) => existsSync(folder));
process.env.LOPS_CUDA_LIBRARIES = [...own, ...folders, ...packed].join(':');
process.env.LOPS_TEST_CUDA ??= 'real';
await import('./dist/bench/gpu-report/cli.js');
