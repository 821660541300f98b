import { needsNode } from '../../package/needs-node.js';

export const showDocument: typeof import('./show-document.js').showDocument = () =>
  needsNode('Figure.show', 'put the text of toSvg() into the page');
