/** The folder of this package, with its native addons: what holds `dist`, where compiled modules lie, by themselves and bundled. */
export const PACKAGE_ROOT: URL = new URL(import.meta.url.slice(0, import.meta.url.lastIndexOf('/dist/') + 1));
