// How a program of a page finds its modules: for the worker that runs it, and for the build of the
// site.

/** The imports, from … and import(…) of a module: what is before the name, the quote, the name. */
const SPECIFIERS = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\2/g;

/** The file of an entry of the package, below the folder of the bundle for browsers. */
export function bundleFile(name) {
  const entry = name.slice('lops-mpi'.length + 1);
  if (entry === '') return 'lops-mpi/index.js';
  if (entry === 'extend') return 'lops-mpi/extend.js';
  return `lops-mpi/${entry === 'cuda' ? 'gpu/cuda' : entry}/index.js`;
}

/** Replaces the names of the package's entries by the addresses of their files below `base`. */
export const link = (code, base) =>
  code.replace(SPECIFIERS, (text, before, quote, name) =>
    /^lops-mpi(\/|$)/.test(name) ? `${before}${quote}${base}${bundleFile(name)}${quote}` : text,
  );

/** What a page cannot run: parts of Node, modules beside a file, files, devices, LAPACK. */
const NEEDS_NODE = [
  /from ['"](node:[^'"]*|\.[^'"]*|commander|lops-mpi\/(io|cuda|testing))['"]|\bprocess\./,
  /\b(startWatch|startProgress|startReport|startTrace|benchmark|logged|writeHistory)\b|\blinalg\./,
];

/** Whether a block of code is a program that runs in a page. */
export const runsInPage = (code) =>
  /from ['"]lops-mpi/.test(code) && !NEEDS_NODE.some((part) => part.test(code));
