import { needsNode } from '../../package/needs-node.js';

export const renderPng: typeof import('./render.js').renderPng = () =>
  needsNode('a figure as PNG', 'put the text of toSvg() into the page');
