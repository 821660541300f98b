import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { includes, repositoryMarkdown, slugify } from '../markdown.mjs';
import { built, groups, rewrites, root } from '../pages.mjs';

const pages = rewrites();
const sidebar = groups();
const first = (text) => sidebar.find((group) => group.text === text).items[0]?.link;

/** Three rows of an array on three ranks. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#1f6feb" d="M1 1h14v4H1z"/>' +
  '<path fill="#d29922" d="M1 6h14v4H1z"/><path fill="#2da44e" d="M1 11h14v4H1z"/></svg>';

export default defineConfig({
  title: 'lops-mpi',
  description: 'Distributed arrays, linear operators and inverse-problem solvers for Node.js over MPI',
  lang: 'en',
  head: [['link', { rel: 'icon', href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  srcDir: root,
  outDir: join(built, 'html'),
  cacheDir: join(built, 'cache'),
  srcExclude: ['README.md', '{.github,build,dist,native,out,site,src,test}/**'],
  rewrites: pages,
  cleanUrls: false,
  markdown: {
    math: true,
    anchor: { slugify },
    toc: { slugify },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => md.use(repositoryMarkdown),
  },
  vite: {
    publicDir: join(built, 'public'),
    plugins: [includes],
    build: { chunkSizeWarningLimit: 4000 },
    worker: { format: 'es' },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar,
    nav: [
      ...['Learn', 'Tutorials', 'How to', 'Reference', 'Coming from', 'Why']
        .filter((text) => first(text))
        .map((text) => ({ text, items: sidebar.find((group) => group.text === text).items })),
    ],
    docFooter: { prev: 'Previous', next: 'Next' },
  },
});
