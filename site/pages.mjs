// The pages of the site: which Markdown files are pages, at which address, and the order in which
// the navigation lists them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
/** What `npm run docs` makes. */
export const built = join(root, 'site/build');

/** Markdown files outside of docs/ that are pages. */
const OTHERS = {
  'CONTRIBUTING.md': 'contributing.md',
  'CHANGELOG.md': 'changelog.md',
  'SECURITY.md': 'security.md',
  'CODE_OF_CONDUCT.md': 'code-of-conduct.md',
  'bench/README.md': 'measurements.md',
};

const markdownBelow = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true }).filter((path) => path.endsWith('.md'))
    : [];

/** From the path of a page below the root of the repository to its path on the site. */
export function rewrites() {
  const found = { ...OTHERS };
  for (const path of markdownBelow('docs')) found[`docs/${path}`] = path;
  return found;
}

const titleOf = (path) => /^# (.*)$/m.exec(readFileSync(join(root, path), 'utf8'))?.[1].replaceAll('`', '');
const item = (path) => ({ text: titleOf(path), link: `/${rewrites()[path].replace(/\.md$/, '')}` });
const docs = (...names) => names.map((name) => item(`docs/${name}.md`));
const inFolder = (folder, first) => {
  const names = markdownBelow(`docs/${folder}`).map((path) => path.replace(/\.md$/, ''));
  const rest = names.filter((name) => !first.includes(name)).sort();
  return docs(
    ...[...first.filter((name) => names.includes(name)), ...rest].map((name) => `${folder}/${name}`),
  );
};

/** The order of the pages of a folder. Pages that are not named follow, by name. */
const LEARN = [
  'ranks',
  'mpi-in-ten-minutes',
  'partitions',
  'operators',
  'halo',
  'stacks',
  'solvers',
  'memory',
];
const TUTORIALS = [
  'poststack',
  'reflectivity',
  'lsm',
  'mdd',
  'tomography',
  'shared-model',
  'replicated',
  'arrays',
  'halo',
  'derivatives',
  'stacking',
  'ffts',
  'matmul',
];

/** What TypeDoc makes of the doc comments. */
const API = { text: 'API', link: '/api/index.html', target: '_self' };

/** The groups of the sidebar. */
export const groups = () => [
  { text: 'Start', items: docs('index', 'install', 'running', 'entries', 'examples') },
  { text: 'Learn', items: inFolder('learn', LEARN) },
  { text: 'Tutorials', items: inFolder('tutorials', TUTORIALS) },
  {
    text: 'How to',
    items: docs('plotting', 'files', 'kernels', 'backends', 'engines', 'mpi', 'cluster', 'cuda', 'browser'),
  },
  {
    text: 'Reference',
    items: [...docs('operators', 'solvers', 'arrays', 'sparse', 'options', 'errors'), API],
  },
  { text: 'Coming from', items: docs('from-pylops-mpi', 'numpy', 'petsc') },
  {
    text: 'Why',
    items: [
      ...docs('architecture', 'performance'),
      item('bench/README.md'),
      ...docs('style'),
      item('CONTRIBUTING.md'),
      item('CHANGELOG.md'),
    ],
  },
];
