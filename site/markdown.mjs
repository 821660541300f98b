// How the Markdown of the repository becomes that of the site. The files in docs/ are also read as
// they are, so that they keep relative links and the words after 'ts' and 'text' of the tests.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { runsInPage } from './link.mjs';
import { built, rewrites, root } from './pages.mjs';

/** The anchor of a heading, as the rules of GitHub and of test/docs.test.ts make it. */
export const slugify = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

/** The address of a file that is no page: a copy below /files/, which a browser shows as text. */
function copyOf(path) {
  const address = `files/${path}.txt`;
  const target = join(built, 'public', address);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(root, path), target);
  return `/${address}`;
}

/** Where a relative link of a page leads on the site. */
function addressOf(page, href) {
  const [file, hash] = href.split('#');
  const path = relative(root, join(dirname(page), decodeURI(file)));
  const anchor = hash === undefined ? '' : `#${hash}`;
  const target = path === 'README.md' ? 'index.md' : rewrites()[path];
  if (target) return `/${target}${path === 'README.md' ? '' : anchor}`;
  const tutorial = /^examples\/([\w-]+)\.ts$/.exec(path)?.[1];
  if (tutorial && existsSync(join(root, 'docs/tutorials', `${tutorial}.md`)))
    return `/tutorials/${tutorial}.md`;
  return existsSync(join(root, path)) && extname(path) ? copyOf(path) : href;
}

/**
 * A plugin of markdown-it: links out of docs/, and buttons below the blocks that run in the page.
 */
export function repositoryMarkdown(md) {
  md.core.ruler.push('repository', ({ tokens, env }) => {
    const page = env.realPath ?? env.path;
    for (const token of tokens) {
      if (token.type === 'fence' && token.info === 'ts' && runsInPage(token.content))
        token.meta = { ...token.meta, program: token.content };
      for (const child of token.children ?? []) {
        const href = child.type === 'link_open' ? child.attrGet('href') : null;
        if (!href || /^([a-z]+:|#|\/)/.test(href)) continue;
        const address = addressOf(page, href);
        child.attrSet('href', address);
        if (address.startsWith('/files/')) child.attrSet('target', '_self');
      }
    }
  });
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, k, ...rest) => {
    const html = fence(tokens, k, ...rest);
    const program = tokens[k].meta?.program;
    return program ? `<RunBlock code="${encodeURIComponent(program)}">${html}</RunBlock>` : html;
  };
}

const figuresIn = (folder) => {
  const path = join(built, 'public', folder);
  return existsSync(path)
    ? readdirSync(path)
        .filter((file) => /\.(png|svg)$/.test(file))
        .sort()
    : [];
};
const image = (folder, file, text) => `![${text}](/${folder}/${file})`;
const code = (language, text) => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

/** What a comment of a page stands for. `npm run docs` has made the files before (figures.mjs). */
const COMMENTS = {
  /** The code of an example, from its file. */
  code: (name) => code('ts', readFileSync(join(root, 'examples', `${name}.ts`), 'utf8')),
  /** What an example prints on two ranks. */
  output: (name) => code('text', readFileSync(join(built, 'examples', `${name}.txt`), 'utf8')),
  /** The figures that an example writes. */
  figures: (name) =>
    figuresIn(`examples/${name}`)
      .map((file) => image(`examples/${name}`, file, `${name}: ${file.replace(/\.\w+$/, '')}`))
      .join('\n\n'),
  /** A figure that a block of this page draws. */
  drawing: (name) => image('drawings', `${name}.svg`, `What the code above draws: ${name}`),
};

/** A plugin of Vite: replaces comments such as `<!-- code: poststack -->` in Markdown. */
export const includes = {
  name: 'lops-includes',
  enforce: 'pre',
  transform(text, id) {
    if (!id.endsWith('.md')) return undefined;
    return text.replace(/^<!-- (\w+): ([\w-]+)( .*)? -->$/gm, (comment, kind, name) =>
      Object.hasOwn(COMMENTS, kind) ? COMMENTS[kind](name) : comment,
    );
  },
};
