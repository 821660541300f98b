// Prints the compiler or linker flags of the MPI that is found, one per line:
// `node mpi-flags.mjs cflags|ldflags|mpicc`. The wrapper compiler (MPICC, otherwise mpicc) is tried
// first, then pkg-config.
import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function output(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function pathOf(command) {
  if (command.includes('/')) return command;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return join(folder, command);
    } catch {
      // not in this folder
    }
  }
  return undefined;
}

/** Returns `{ mpicc, cflags, ldflags }`, or undefined if no MPI is installed for the build. */
export function mpiFlags() {
  const mpicc = pathOf(process.env.MPICC || 'mpicc');
  const shown = mpicc && (output(mpicc, ['-show']) ?? output(mpicc, ['--showme']));
  if (shown) return sorted(shown.split(/\s+/).slice(1), mpicc);
  for (const name of ['ompi-c', 'ompi', 'mpich', 'mvapich2']) {
    const flags = output('pkg-config', ['--cflags', '--libs', name]);
    if (flags) return sorted(flags.split(/\s+/), '');
  }
  return undefined;
}

function sorted(flags, mpicc) {
  const cflags = flags.filter((f) => /^-(I|D|pthread)/.test(f));
  const ldflags = flags.filter((f) => /^-(L|l|Wl,|pthread)/.test(f));
  // The wrapper may rely on the search path of the loader, which a program that it does not build
  // lacks.
  const rpaths = ldflags.filter((f) => f.startsWith('-L/')).map((f) => `-Wl,-rpath,${f.slice(2)}`);
  return { mpicc, cflags, ldflags: [...new Set([...ldflags, ...rpaths])] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flags = mpiFlags();
  if (!flags) {
    console.error(
      'no MPI found: install Open MPI or MPICH (Debian: libopenmpi-dev openmpi-bin), load its module, ' +
        'or set MPICC',
    );
    process.exit(1);
  }
  const asked = flags[process.argv[2]];
  console.log(Array.isArray(asked) ? asked.join('\n') : asked);
}
