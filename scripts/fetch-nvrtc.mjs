// Downloads NVIDIA's compiler library (NVRTC), driver library or disassembler from Debian's
// `non-free` packages and unpacks them into a folder in build/. Nothing is installed, root is not
// needed, and the package sources of the system do not change. The command prints the paths of the
// files:
//
//   node scripts/fetch-nvrtc.mjs [nvrtc] [driver] [disassembler]
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onPath } from './build-native.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const WANTED = {
  nvrtc: { packages: ['libnvrtc11.2', 'libnvrtc-builtins11.8'], library: /^libnvrtc\.so\.\d/ },
  driver: { packages: ['libcuda1'], library: /^libcuda\.so\.1$/ },
  disassembler: { packages: ['nvidia-cuda-toolkit'], library: /^nvdisasm$/ },
};

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 240_000,
    ...options,
  });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error ? error.message : ''}`.trim() };
}

function find(folder, pattern) {
  if (!existsSync(folder)) return undefined;
  const name = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path.slice(path.lastIndexOf('/') + 1)))
    .sort((a, b) => a.length - b.length)[0];
  return name && join(folder, name);
}

/** The mirror and release of the system, or Debian's own. */
function debianSource() {
  const release = /^VERSION_CODENAME=(.*)$/m.exec(
    existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '',
  )?.[1];
  const lists = run('apt-get', [
    'indextargets',
    '--format',
    '$(REPO_URI) $(CODENAME) $(COMPONENT)',
    'Identifier: Packages',
  ]).output.split('\n');
  const own = lists
    .map((line) => line.split(' '))
    .find(([, codename, component]) => codename === release && component === 'main');
  return { uri: own?.[0] ?? 'http://deb.debian.org/debian', release: release ?? 'bookworm' };
}

/** Options that give apt its own state in `folder`. The keys and proxies of the system are used. */
function aptOptions(folder) {
  const { uri, release } = debianSource();
  const list = join(folder, 'sources.list');
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(
    list,
    `deb ${existsSync(keyring) ? `[signed-by=${keyring}] ` : ''}${uri} ${release} non-free\n`,
  );
  for (const part of ['state/lists/partial', 'cache/archives/partial'])
    mkdirSync(join(folder, part), { recursive: true });
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * Fetches NVIDIA's `nvrtc` or `driver` library, or `disassembler`. Downloads stay in build/nvidia.
 * After a failure the next call tries again.
 *
 * @returns `{ file }`, the path of the library, or `{ file: null, reason }` if it is not available
 */
export function fetchNvidia(what) {
  const { packages, library } = WANTED[what];
  const folder = join(root, 'build/nvidia', what);
  const unpacked = join(folder, 'files');
  const present = find(unpacked, library);
  if (present && existsSync(join(folder, 'complete'))) return { file: present };
  for (const tool of ['apt-get', 'dpkg']) {
    if (!onPath(tool)) return { file: null, reason: `${tool} is not on this machine` };
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  const options = aptOptions(folder);
  const updated = run('apt-get', ['-q', ...options, 'update'], { cwd: folder });
  if (!updated.ok) return { file: null, reason: `apt-get update: ${lastLine(updated.output)}` };
  const loaded = run('apt-get', ['-q', ...options, 'download', ...packages], { cwd: folder });
  if (!loaded.ok)
    return { file: null, reason: `apt-get download ${packages.join(' ')}: ${lastLine(loaded.output)}` };
  for (const archive of readdirSync(folder).filter((name) => name.endsWith('.deb'))) {
    const result = run('dpkg', ['-x', join(folder, archive), unpacked]);
    if (!result.ok) return { file: null, reason: `dpkg -x ${archive}: ${lastLine(result.output)}` };
    rmSync(join(folder, archive));
  }
  for (const part of ['state', 'cache']) rmSync(join(folder, part), { recursive: true, force: true });
  const file = find(unpacked, library);
  if (!file) return { file: null, reason: `no ${library.source} in ${packages.join(' ')}` };
  writeFileSync(join(folder, 'complete'), '');
  return { file };
}

const lastLine = (text) =>
  text.split('\n').findLast((line) => /^(E|Err|W):?/.test(line)) ?? text.split('\n').at(-1) ?? '';

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !(name in WANTED));
  if (unknown.length > 0) {
    console.error(`fetch-nvrtc: unknown ${unknown.join(' ')}; expected ${Object.keys(WANTED).join(' ')}`);
    process.exitCode = 2;
  } else {
    for (const name of names.length > 0 ? names : Object.keys(WANTED)) {
      const { file, reason } = fetchNvidia(name);
      console.log(`${name}: ${file ?? `not to be had: ${reason}`}`);
      if (!file) process.exitCode = 1;
    }
  }
}
