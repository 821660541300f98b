import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { includes, repositoryMarkdown, slugify } from '../markdown.mjs';
import { built, groups, rewrites, root } from '../pages.mjs';

const pages = rewrites();
const sidebar = groups();
const first = (text) => sidebar.find((group) => group.text === text).items[0]?.link;

export default defineConfig({
  title: 'lops-mpi',
  description: 'Distributed arrays, linear operators and inverse-problem solvers for Node.js over MPI',
  lang: 'en',
  srcDir: root,
  outDir: join(built, 'html'),
  cacheDir: join(built, 'cache'),
  srcExclude: ['README.md', '{.github,build,dist,native,out,src,test}/**', 'site/build/html/**'],
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
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebar.map((group) => ({ ...group, collapsed: false })),
    nav: [
      ...['Learn', 'Tutorials', 'How to', 'Reference', 'Coming from', 'Why']
        .filter((text) => first(text))
        .map((text) => ({ text, items: sidebar.find((group) => group.text === text).items })),
    ],
    docFooter: { prev: 'Previous', next: 'Next' },
  },
});
