// Runs a program in TypeScript, and posts what it prints, its figures, and its end.
import { transform } from 'sucrase';
import { link } from '../../link.mjs';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** A value as the console of Node prints it, in one line. */
function textOf(value, isNested = false) {
  if (typeof value === 'string') return isNested ? `'${value}'` : value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) return String(value);
  if (typeof value[INSPECT] === 'function') return String(value[INSPECT](2, {}));
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const kind = Array.isArray(value) ? '' : `${value.constructor.name}(${value.length}) `;
    const items = Array.from(value, (item) => textOf(item, true));
    return items.length > 0 ? `${kind}[ ${items.join(', ')} ]` : `${kind}[]`;
  }
  const fields = Object.entries(value).map(([name, field]) => `${name}: ${textOf(field, true)}`);
  return fields.length > 0 ? `{ ${fields.join(', ')} }` : '{}';
}

/** What a program may print and draw: a page with more could not be used. */
const MOST_RESULTS = 1000;
let results = 0;
function show(makeResult) {
  results++;
  if (results < MOST_RESULTS) postMessage(makeResult());
  else if (results === MOST_RESULTS) postMessage({ text: '… what follows is not shown' });
}
const print = (...values) => show(() => ({ text: values.map((value) => textOf(value)).join(' ') }));
for (const method of ['log', 'info', 'warn', 'error', 'debug']) console[method] = print;

/** The line of the program at which an error was thrown. */
function lineOf(error, program) {
  const at = (error?.stack ?? '').split(program)[1];
  return at === undefined ? '' : ` (line ${at.split(':')[1]})`;
}

addEventListener('message', async ({ data: { source, base } }) => {
  let program = '';
  try {
    // Imports of types alone are kept, since importing the package sets the default backend
    const { code } = transform(source, {
      transforms: ['typescript'],
      disableESTransforms: true,
      keepUnusedImports: true,
    });
    const { Figure } = await import(/* @vite-ignore */ `${base}lops-mpi/plotting/index.js`);
    // Files of figures are drawn in the page
    const draw = function () {
      if (!this.isRemote) show(() => ({ svg: this.toSvg() }));
    };
    Object.assign(Figure.prototype, { writePng: draw, writeSvg: draw, show: draw });
    program = URL.createObjectURL(new Blob([link(code, base)], { type: 'text/javascript' }));
    await import(/* @vite-ignore */ program);
    postMessage({ ended: true });
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    postMessage({ ended: true, error: `${text}${program ? lineOf(error, program) : ''}` });
  }
});
