const DIST = import.meta.url.lastIndexOf('/dist/');

/**
 * The folder of this package, with its native addons: what holds `dist`, where compiled modules
 * lie, by themselves and bundled. Elsewhere there are no addons.
 */
export const PACKAGE_ROOT: URL =
  DIST < 0 ? new URL('../../../', import.meta.url) : new URL(import.meta.url.slice(0, DIST + 1));
