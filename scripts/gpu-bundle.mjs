// Packs what `npm run gpu-report` needs on a machine without network, npm, Node or MPI into one
// archive of at most 60 MB, build/lops-gpu.tar.xz:
//
//   npm run gpu-bundle -- [--out FILE] [--folder FOLDER] [--no-setup]
//
// With --folder it makes the folder lops-gpu in FOLDER, without NVRTC, and no archive.
//
// There:  tar xf lops-gpu.tar.xz && lops-gpu/run
//
// It has this Node, the compiled modules and addons with the libraries that they are linked with,
// Open MPI if the addon is built with it, and NVRTC if scripts/fetch-nvrtc.mjs has fetched it and
// there is room. Of the other machine it needs glibc and libstdc++ as new as those of this one, the
// NVIDIA driver, and NVRTC if it is not packed. `run` takes the arguments of `npm run gpu-report`.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST_BYTES = 60e6;
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'build/lops-gpu.tar.xz') },
    folder: { type: 'string' },
    'no-setup': { type: 'boolean' },
  },
});
const archive = resolve(values.out);
const folder = resolve(values.folder ?? join(root, 'build/gpu-bundle'), 'lops-gpu');

/** The output of a program, or undefined if it fails. */
function outputOf(program, args) {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 24 });
  return status === 0 ? stdout : undefined;
}

function copy(from, to = relative(root, from)) {
  mkdirSync(dirname(join(folder, to)), { recursive: true });
  copyFileSync(from, join(folder, to));
}

/** Packages that programs of the bundle do not load: they build addons or draw figures. */
const LEFT_OUT = ['node-gyp', 'node-addon-api', '@resvg/resvg-js', 'dejavu-fonts-ttf'];
/** Files beside the modules. */
const DATA = ['package.json', 'bench/cupy_cases.py', 'test/cpu/fixtures/complex-functions.txt'];
/** Packages of the tests. */
const OF_TESTS = ['mocha', 'chai', 'fast-check'];

/** The folders of packages and of all that they depend on, as Node finds them. */
function packageFolders(names) {
  const found = new Map();
  const add = (name, from) => {
    for (let at = from; ; at = dirname(at)) {
      const candidate = join(at, 'node_modules', name);
      if (existsSync(join(candidate, 'package.json'))) {
        if (found.has(candidate)) return;
        const { dependencies = {} } = JSON.parse(readFileSync(join(candidate, 'package.json'), 'utf8'));
        found.set(candidate, name);
        for (const needed of Object.keys(dependencies)) add(needed, candidate);
        return;
      }
      if (at === dirname(at)) throw new Error(`gpu-bundle: no package ${name}: npm install`);
    }
  };
  for (const name of names) add(name, root.replace(/\/$/, ''));
  return [...found.keys()];
}

/** Files that belong to the system: glibc, and the C++ library of programs beside it. */
const OF_SYSTEM =
  /^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libresolv|libutil|libstdc\+\+|libgcc_s)[.-]/;

/** The libraries that files are linked with, without those of the system: path by name. */
function libraries(files) {
  const found = new Map();
  for (const file of files)
    for (const [, name, path] of (outputOf('ldd', [file]) ?? '').matchAll(/^\s*(\S+) => (\/\S+)/gm))
      if (!OF_SYSTEM.test(name)) found.set(name, path);
  return found;
}

/**
 * Open MPI's launcher, plug-ins and texts below `mpi`, in the folders that they have here. Open MPI
 * finds them by OPAL_PREFIX.
 *
 * @returns its prefix and programs, or undefined if the addon has another MPI
 */
function packOpenMpi(addon) {
  const isOpenMpi = [...libraries([addon]).keys()].some((name) => name.startsWith('libopen-rte'));
  const paths = isOpenMpi ? outputOf('ompi_info', ['--parsable', '--path', 'all']) : undefined;
  if (paths === undefined) return undefined;
  const pathOf = (name) => new RegExp(`^path:${name}:(.*)$`, 'm').exec(paths)?.[1] ?? '';
  const [prefix, bin, plugins, texts, settings] = [
    'prefix',
    'bindir',
    'pkglibdir',
    'pkgdatadir',
    'sysconfdir',
  ].map(pathOf);
  const files = [];
  const take = (path, to = path) => {
    copy(path, `mpi${to}`);
    files.push(path);
  };
  for (const name of ['orterun', 'orted']) take(join(bin, name));
  for (const name of readdirSync(plugins)) if (name.endsWith('.so')) take(join(plugins, name));
  for (const name of readdirSync(texts))
    if (name.endsWith('.txt')) copy(join(texts, name), `mpi${join(texts, name)}`);
  // An empty file of parameters: those of this machine are for this machine
  mkdirSync(join(folder, 'mpi', settings), { recursive: true });
  return { prefix, bin, files };
}

/** The libraries of NVRTC that scripts/fetch-nvrtc.mjs has fetched, by their sonames. */
function fetched() {
  const parent = join(root, 'build/nvidia/nvrtc');
  if (!existsSync(join(parent, 'complete'))) return [];
  return readdirSync(parent, { recursive: true })
    .filter((path) => /libnvrtc(-builtins)?\.so\.\d+\.\d+$/.test(path))
    .map((path) => join(parent, path));
}

/** The command of the bundle. `$here` is its folder. */
const runText = (mpi) => `#!/bin/sh
# The report of the device of this machine: ./run [arguments of npm run gpu-report]
here=$(cd "\${0%/*}" && pwd)
export PATH="$here/bin:$PATH" LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LOPS_CUDA_CACHE="\${LOPS_CUDA_CACHE:-$here/kernels}"
${
  mpi === undefined
    ? ''
    : `export OPAL_PREFIX="$here/mpi${mpi.prefix}" LOPS_MPIEXEC="$here/mpi${mpi.bin}/mpiexec"
# Ranks of one machine: shared memory, and no ssh. PMIx says that it cannot compress
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader OMPI_MCA_btl_vader_single_copy_mechanism=none
export OMPI_MCA_plm=isolated PMIX_MCA_pcompress_base_silence_warning=1 HOME="\${HOME:-$here}"
`
}exec "$here/bin/node" "$here/start.mjs" "$@"
`;

/** Makes the folder of the bundle, without NVRTC. */
function pack() {
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['bundle', 'src', 'bench', 'examples', 'test'])
    cpSync(join(root, 'dist', part), join(folder, 'dist', part), {
      recursive: true,
      filter: (path) => statSync(path).isDirectory() || /\.(js|json)$/.test(path),
    });
  const addons = ['cpu', 'mpi', 'cuda']
    .map((name) => join(root, `native/${name}/build/Release/lops_${name}.node`))
    .filter((path) => existsSync(path));
  for (const addon of addons) copy(addon);
  cpSync(join(root, 'native/cuda/kernels'), join(folder, 'native/cuda/kernels'), { recursive: true });
  for (const file of DATA) copy(join(root, file));
  copy(join(root, 'scripts/gpu-bundle-start.mjs'), 'start.mjs');
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys(dependencies).filter((name) => !LEFT_OUT.includes(name));
  for (const path of packageFolders([...names, ...OF_TESTS]))
    cpSync(path, join(folder, path.slice(path.indexOf('node_modules'))), {
      recursive: true,
      filter: (file) =>
        !/(\.map|\.d\.[cm]?ts|\.md|\.ts)$/.test(file) &&
        !file.slice(path.length + 1).startsWith('node_modules'),
    });
  const mpi = packOpenMpi(addons.find((path) => path.endsWith('lops_mpi.node')) ?? '');
  if (mpi) symlinkSync('orterun', join(folder, 'mpi', mpi.bin, 'mpiexec'));
  copy(realpathSync(process.execPath), 'bin/node');
  for (const [name, path] of libraries([...addons, ...(mpi?.files ?? []), process.execPath]))
    copy(realpathSync(path), join('lib', name));
  writeFileSync(join(folder, 'run'), runText(mpi));
  chmodSync(join(folder, 'run'), 0o755);
  return mpi;
}

/** Packs the folder and returns the bytes of the archive. */
function compress() {
  const { status, stderr } = spawnSync('tar', ['-cJf', archive, '-C', dirname(folder), basename(folder)], {
    encoding: 'utf8',
    env: { ...process.env, XZ_OPT: '-6 -T0' },
  });
  if (status !== 0) throw new Error(`gpu-bundle: tar: ${stderr}`);
  return statSync(archive).size;
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

if (!values['no-setup']) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/setup.mjs')], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
mkdirSync(dirname(archive), { recursive: true });
const mpi = pack();
if (!mpi)
  console.log('gpu-bundle: the addon is not built with Open MPI: one rank only, or an MPI of that machine');
if (values.folder !== undefined) process.exit();
const nvrtc = fetched();
for (const file of nvrtc) copy(file, join('nvrtc', basename(file)));
let bytes = compress();
if (bytes > MOST_BYTES && nvrtc.length > 0) {
  console.log(`gpu-bundle: with NVRTC ${megabytes(bytes)}, it is left out`);
  rmSync(join(folder, 'nvrtc'), { recursive: true });
  bytes = compress();
} else if (nvrtc.length === 0)
  console.log('gpu-bundle: without NVRTC, which that machine must have (node scripts/fetch-nvrtc.mjs nvrtc)');
console.log(`${archive}: ${megabytes(bytes)}`);
if (bytes > MOST_BYTES) {
  console.error(`gpu-bundle: more than ${megabytes(MOST_BYTES)}`);
  process.exitCode = 1;
}
