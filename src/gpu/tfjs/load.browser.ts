import { needsNode } from '../../package/needs-node.js';

const REMEDY =
  'import a module of @tensorflow/tfjs in the page, and pass it to createTfjsBackend as the option tf';

export const requirePackage: typeof import('./load.js').requirePackage = (name) =>
  needsNode(`loading ${name} by its name`, REMEDY);

export const loadTfjs: typeof import('./load.js').loadTfjs = async () =>
  needsNode("backend 'tfjs' by its name", REMEDY);
