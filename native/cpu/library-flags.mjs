// Prints compiler or linker flags of the CBLAS, FFTW and SLEEF that pkg-config finds, one per line:
// `node library-flags.mjs cflags|ldflags|defines`. All are optional. LOPS_BLAS names the pkg-config
// package of another CBLAS, or 'none'. LOPS_FFTW=none disables FFTW, LOPS_SLEEF=none SLEEF.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The pkg-config names of libraries with cblas.h, the fastest first. */
const CBLAS = ['openblas', 'flexiblas', 'mkl-dynamic-lp64-seq', 'blis', 'cblas', 'cblas-netlib'];

/** Those that contain LAPACK. With others, the LAPACK that pkg-config finds is linked. */
const WITH_LAPACK = ['openblas', 'flexiblas', 'mkl-dynamic-lp64-seq'];

function pkgConfig(...args) {
  try {
    return execFileSync('pkg-config', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function library(names, label) {
  const version = pkgConfig('--modversion', names[0]);
  const cflags = pkgConfig('--cflags', ...names);
  const libs = pkgConfig('--libs', ...names);
  if (version === undefined || cflags === undefined || libs === undefined) return undefined;
  const flags = libs.split(/\s+/).filter(Boolean);
  // libraries of environment modules are outside the search path of the loader
  const rpaths = flags.filter((f) => f.startsWith('-L/')).map((f) => `-Wl,-rpath,${f.slice(2)}`);
  return {
    name: `${label} ${version}`,
    cflags: cflags.split(/\s+/).filter(Boolean),
    ldflags: [...flags, ...rpaths],
  };
}

/** A library that an environment variable set to 'none' disables. */
function unlessNone(variable, names, label) {
  const wish = process.env[variable];
  if (wish && wish !== 'none')
    throw new Error(`expected ${variable} to be 'none' or not set, received '${wish}'`);
  return wish === 'none' ? undefined : library(names, label);
}

/** Returns `{ blas, fftw, sleef }`, each of them `{ name, cflags, ldflags }` or undefined. */
export function cpuLibraries() {
  const wish = process.env.LOPS_BLAS;
  const names = wish === 'none' ? [] : wish ? [wish] : CBLAS;
  let blas;
  for (const name of names) blas ??= library([name], name);
  if (blas && !names.some((name) => WITH_LAPACK.includes(name) && blas.name.startsWith(`${name} `))) {
    // Its routines are looked up by name, so the linker sees no use of it
    const lapack = library(['lapack'], 'lapack')?.ldflags ?? [];
    blas.ldflags.push('-Wl,--no-as-needed', ...lapack);
  }
  if (wish && wish !== 'none' && !blas)
    throw new Error(`LOPS_BLAS=${wish}: pkg-config knows no such package`);
  const fftw = unlessNone('LOPS_FFTW', ['fftw3', 'fftw3f'], 'fftw');
  const sleef = unlessNone('LOPS_SLEEF', ['sleef'], 'sleef');
  return { blas, fftw, sleef };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { blas, fftw, sleef } = cpuLibraries();
  const asked = process.argv[2];
  const found = [blas, fftw, sleef].filter((l) => l !== undefined);
  // gyp splits the output as a shell does
  if (asked === 'defines') {
    if (blas) console.log(`'LOPS_BLAS="${blas.name}"'`);
    if (fftw) console.log(`'LOPS_FFTW="${fftw.name}"'`);
    if (sleef) console.log(`'LOPS_SLEEF="${sleef.name}"'`);
  } else console.log(found.flatMap((l) => l[asked]).join('\n'));
}
