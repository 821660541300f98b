/** The layers of docs/architecture.md: imports point down, never up. Checked by `npm run layers`. */

// Each folder, and those that it may import (itself always). Folders of `core` import those before
// them in the list
const CORE = [
  'base',
  'ports',
  'kernels',
  'vector',
  'array',
  'distributed',
  'sparse',
  'operator',
  'schemes',
  'expressions',
];
const FOLDERS = {
  core: [],
  ...Object.fromEntries(
    CORE.map((folder, k) => [`core/${folder}`, CORE.slice(0, k).map((below) => `core/${below}`)]),
  ),
  environment: ['core'],
  // Where this package is, and how its addons and packages are loaded
  package: ['core'],
  cpu: ['package', 'environment', 'core'],
  'gpu/(cuda|tfjs)': ['package', 'environment', 'core'],
  // An operator
  'gpu/js-kernel': ['package', 'local', 'core'],
  mpi: ['package', 'environment', 'core'],
  io: ['package', 'environment', 'core'],
  tracing: ['mpi', 'io', 'package', 'environment', 'core'],
  // Figures are written as all files are, and shown where the environment has a display
  plotting: ['io', 'environment', 'package', 'core'],
  // The functions of lops-mpi/array
  array: ['core'],
  local: ['core'],
  operators: ['local', 'core'],
  optimization: ['operators', 'local', 'core'],
  proximal: ['optimization', 'operators', 'local', 'core'],
  // The conformance suite compares any backend with the reference
  testing: ['cpu', 'core'],
};
// The one type from above: a vector gives its elements as an NDArray
const TYPES = { 'core/vector': ['core/array'] };

const folders = Object.entries(FOLDERS).map(([folder, below]) => ({
  name: `${folder}-imports-down`,
  comment:
    `src/${folder} may import ` +
    `${below.length === 0 ? 'nothing outside of it' : below.map((b) => `src/${b}`).join(', ')}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: '^(src|test|examples|bench)/',
    pathNot: `^src/(${[folder, ...below, ...(TYPES[folder] ?? [])].join('|')})/`,
  },
}));

// Folders with a private part
const PARTS = require('node:fs')
  .readdirSync(`${__dirname}/src`, { recursive: true })
  .filter((path) => path.endsWith('/parts'))
  .map((path) => path.slice(0, -'/parts'.length));

module.exports = {
  forbidden: [
    ...folders,
    ...Object.entries(TYPES).map(([folder, above]) => ({
      name: `${folder}-needs-types-only`,
      comment: `src/${folder} names types of src/${above}, and needs nothing of it when it is loaded`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: `^src/(${above.join('|')})/`, dependencyTypesNot: ['type-only'] },
    })),
    ...PARTS.map((folder) => ({
      name: `${folder}/parts-is-private`,
      comment: `src/${folder}/parts is for src/${folder} alone`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/${folder}/` },
      to: { path: `^src/${folder}/parts/` },
    })),
    {
      name: 'no-cycles',
      comment: 'Modules that need each other at load time. Imports of types alone may be mutual',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'extend-has-no-side-effects',
      comment: 'Importing lops-mpi/extend sets no defaults and does not join MPI',
      severity: 'error',
      from: { path: '^src/extend[.]ts$' },
      to: { path: '^src/(import-side-effects[.]ts|mpi/|io/|tracing/|cli/)' },
    },
    {
      name: 'library-knows-no-program',
      comment: 'cli, examples, bench and tests use the library, never the other way round',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^(src/cli|examples|bench|test)/' },
    },
    {
      name: 'core-is-pure',
      comment:
        'These folders need neither packages nor parts of Node, so that they can be loaded anywhere without side ' +
        'effects',
      severity: 'error',
      from: { path: '^src/(core|array|local|operators|optimization|proximal)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'] },
    },
    {
      name: 'no-development-packages',
      comment: 'What is published must not need a development dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only', 'npm-peer'],
        pathNot: '/@types/',
      },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere, or to a package that package.json does not name',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '[.]node$' },
    },
  ],
  options: {
    doNotFollow: { path: '^(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
