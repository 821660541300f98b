const DIST = import.meta.url.lastIndexOf('/dist/');

/**
 * The folder of this package, which contains the native addons. It is the parent of `dist`, from
 * which compiled modules run, bundled or not. Code outside of `dist` finds no addons.
 */
export const PACKAGE_ROOT: URL =
  DIST < 0 ? new URL('../../../', import.meta.url) : new URL(import.meta.url.slice(0, DIST + 1));
