#!/usr/bin/env node
// Writes a first project with lops-mpi into a new folder, and says what to run.
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { parseArgs } from 'node:util';

const USAGE = 'usage: create-lops-mpi FOLDER [--package lops-mpi-VERSION.tgz]';
const FILES = ['tsconfig.json', 'invert.js'];

/** An error with a message for the user, and the exit code. */
class Failure extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { package: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new Failure(`${error.message.split('. ')[0]}; ${USAGE}`, 2);
  }
}

function create() {
  const { values, positionals } = parsed();
  if (values.help) return USAGE;
  const [folder] = positionals;
  if (positionals.length !== 1)
    throw new Failure(`expected one folder, received ${positionals.length}; ${USAGE}`, 2);
  const path = resolve(folder);
  const name = basename(path);
  // What npm takes as the name of a package
  if (!/^[a-z0-9][a-z0-9._-]{0,213}$/.test(name))
    throw new Failure(
      `'${name}' cannot be the name of a package: expected small letters, digits, '-', '_' and '.', ` +
        'a letter or a digit first',
      2,
    );
  const tarball = values.package === undefined ? undefined : resolve(values.package);
  if (tarball !== undefined && !(tarball.endsWith('.tgz') && existsSync(tarball)))
    throw new Failure(`--package: expected the tarball of lops-mpi (.tgz), received '${values.package}'`, 2);
  try {
    mkdirSync(path, { recursive: true });
    if (readdirSync(path).length > 0) throw new Failure(`the folder ${path} is not empty: name a new one`, 1);
    const dependencies =
      tarball === undefined ? {} : { 'lops-mpi': `file:${relative(path, tarball).replaceAll(sep, '/')}` };
    const about = { name, version: '0.0.0', private: true, type: 'module', dependencies };
    writeFileSync(join(path, 'package.json'), `${JSON.stringify(about, undefined, 2)}\n`);
    for (const file of FILES) copyFileSync(join(import.meta.dirname, 'template', file), join(path, file));
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`cannot write ${path}: ${error.message}`, 1);
  }
  const install =
    tarball === undefined
      ? 'npm install TARBALL      # of lops-mpi, from npm pack in a clone'
      : 'npm install';
  return `Wrote ${join(path, 'package.json')}, ${FILES.join(', ')}. Next:

  cd ${relative('.', path) || '.'}
  ${install}
  npx lops doctor            # what is installed, and what to do about what is missing
  npx lops run -n 2 invert.js
`;
}

try {
  console.log(create());
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`create-lops-mpi: ${error.message}`);
  process.exitCode = error.code;
}
