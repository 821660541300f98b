/** The layers of ARCHITECTURE.md: imports point down, never up. Held by `npm run layers`. */

// Each room, and the rooms that it may import (itself always)
const ROOMS = {
  core: [],
  cpu: ['core'],
  'gpu/(cuda|tfjs)': ['core'],
  // An operator
  'gpu/js-kernel': ['local', 'core'],
  mpi: ['core'],
  io: ['core'],
  // Figures are written as all files are
  plotting: ['io', 'core'],
  local: ['core'],
  operators: ['local', 'core'],
  optimization: ['operators', 'local', 'core'],
  proximal: ['optimization', 'operators', 'local', 'core'],
  // The conformance suite compares any backend with the reference
  testing: ['cpu', 'core'],
};

const rooms = Object.entries(ROOMS).map(([room, below]) => ({
  name: `${room}-imports-down`,
  comment: `src/${room} may import ${below.length === 0 ? 'nothing outside of it' : below.map((b) => `src/${b}`).join(', ')}`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: '^(src|test|examples|bench)/', pathNot: `^src/(${[room, ...below].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...rooms,
    {
      name: 'no-cycles',
      comment:
        'Modules that need each other at load time. Imports of types alone may be mutual; a space makes its arrays and an array its space, but neither when it is loaded',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] }, via: { pathNot: '^src/core/(distributed-array|space)[.]ts$' } },
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
      comment: 'core needs neither packages nor parts of Node, so that it can be loaded anywhere without side effects',
      severity: 'error',
      from: { path: '^src/(core|local|operators|optimization|proximal)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'] },
    },
    {
      name: 'no-development-packages',
      comment: 'What is published must not need a development dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'], pathNot: '/@types/' },
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
