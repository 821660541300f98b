import { needsNode } from '../package/needs-node.js';

/** The one function of this module that figures use. */
export const writeDocument: typeof import('./output.js').writeDocument = (path) =>
  needsNode(`writing ${path}`, 'put the text of toSvg() into the page');
