// Tests the built site in headless Chromium: `npm run test:site`. The last line is
// 'N passed, N failed, N skipped'. Without Chromium or without a built site all tests are skipped.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { built } from './pages.mjs';
import { testPrograms } from './test-programs.mjs';

const html = join(built, 'html');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};
/** Words, and a page that the search must find for each. */
const SEARCHES = {
  rank: 'learn/ranks',
  MPIHalo: 'operators',
  cgls: 'solvers',
  partition: 'arrays',
  Zarr: 'files',
  LOPS_TIMEOUT: 'mpi',
  fista: 'solvers',
  Slurm: 'cluster',
  colorMap: 'plotting',
  deadlock: 'learn/mpi-in-ten-minutes',
};
const PHONE = { width: 390, height: 844 };
const WIDE = { width: 1440, height: 900 };
/** Pages that are looked at in both sizes and both colours. */
const LOOKED_AT = ['index', 'learn/ranks', 'learn/mpi-in-ten-minutes', 'tutorials/poststack', 'operators'];

const server = createServer((request, response) => {
  const path = join(html, decodeURIComponent(new URL(request.url, 'http://site').pathname));
  const file = path.endsWith('/') ? `${path}index.html` : path;
  if (!file.startsWith(html) || !existsSync(file)) {
    response.writeHead(404).end('not found');
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
  response.end(readFileSync(file));
});

const counts = { passed: 0, failed: 0, skipped: 0 };
async function test(title, body) {
  try {
    await body();
    counts.passed++;
    console.log(`  ✔ ${title}`);
  } catch (error) {
    counts.failed++;
    console.log(`  ✖ ${title}\n    ${error.message.split('\n').join('\n    ')}`);
  }
}
function expectNone(faults, what) {
  if (faults.length > 0) throw new Error(`${faults.length} ${what}:\n${faults.slice(0, 20).join('\n')}`);
}

const pages = existsSync(html)
  ? readdirSync(html, { recursive: true })
      // TypeDoc's pages have links and search of their own
      .filter((path) => path.endsWith('.html') && path !== '404.html' && !path.startsWith('api/'))
      .map((path) => path.replace(/\.html$/, ''))
      .sort()
  : [];

async function tests(browser, origin) {
  const open = async (page, path) => {
    await page.goto(`${origin}/${path}.html`, { waitUntil: 'networkidle' });
  };
  /** A page whose errors are kept. */
  const watched = async (options) => {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const errors = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => errors.push(`${page.url()}: ${error.message}`));
    page.on('response', (answer) => {
      if (answer.status() >= 400) errors.push(`${page.url()}: ${answer.url()} is ${answer.status()}`);
    });
    return { context, page, errors };
  };

  await test(`${pages.length} pages open without errors, and all links and anchors exist`, async () => {
    const { context, page, errors } = await watched({ viewport: WIDE });
    const links = new Map();
    const ids = new Map();
    for (const path of pages) {
      await open(page, path);
      const found = await page.evaluate(() => ({
        links: [...document.querySelectorAll('a[href]')].map((a) => a.href),
        ids: [...document.querySelectorAll('[id]')].map((e) => e.id),
      }));
      ids.set(`${origin}/${path}.html`, new Set(found.ids));
      for (const link of found.links) if (link.startsWith(origin)) links.set(link, path);
    }
    const broken = [...links].flatMap(([link, from]) => {
      const { pathname, hash } = new URL(link);
      const address = `${origin}${pathname.endsWith('/') ? `${pathname}index.html` : pathname}`;
      if (!existsSync(join(html, new URL(address).pathname))) return [`${from}: ${link}`];
      const known = ids.get(address);
      return hash && known && !known.has(decodeURIComponent(hash.slice(1))) ? [`${from}: ${link}`] : [];
    });
    await context.close();
    expectNone([...errors, ...broken], 'faults');
  });

  await test(`no page of ${pages.length} is wider than a phone`, async () => {
    const { context, page } = await watched({ viewport: PHONE });
    const wide = [];
    for (const path of pages) {
      await open(page, path);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > PHONE.width) wide.push(`${path}: ${width} pixels`);
    }
    await context.close();
    expectNone(wide, 'wide pages');
  });

  await test('text has at most 80 characters a line', async () => {
    const { context, page } = await watched({ viewport: { width: 1920, height: 1080 } });
    const long = [];
    for (const path of LOOKED_AT.filter((name) => pages.includes(name))) {
      await open(page, path);
      const found = await page.evaluate(() =>
        [...document.querySelectorAll('.vp-doc p')].map((p) => {
          // A line ends where the next character is further to the left
          const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
          const range = document.createRange();
          let [longest, count, left] = [0, 0, Number.NEGATIVE_INFINITY];
          for (let node = walker.nextNode(); node; node = walker.nextNode())
            for (let i = 0; i < node.length; i++) {
              range.setStart(node, i);
              range.setEnd(node, i + 1);
              const rect = range.getClientRects()[0];
              if (!rect || rect.width === 0) continue;
              count = rect.left < left ? 1 : count + 1;
              left = rect.left;
              longest = Math.max(longest, count);
            }
          return { longest, text: p.textContent.slice(0, 60) };
        }),
      );
      for (const { longest, text } of found) if (longest > 80) long.push(`${path}: ${longest}: ${text}`);
    }
    await context.close();
    expectNone(long, 'long lines');
  });

  for (const [word, wanted] of Object.entries(SEARCHES))
    await test(`the search finds '${word}' on ${wanted}`, async () => {
      const { context, page } = await watched({ viewport: WIDE });
      await open(page, 'index');
      await page.keyboard.press('Control+k');
      await page.fill('.VPLocalSearchBox input', word);
      await page.waitForSelector('.VPLocalSearchBox .result', { timeout: 10_000 });
      const results = await page.$$eval('.VPLocalSearchBox a.result', (all) => all.map((a) => a.href));
      await context.close();
      if (!results.some((href) => new URL(href).pathname === `/${wanted}.html`))
        throw new Error(results.join('\n'));
    });

  await testPrograms(test, pages, watched, open, expectNone);

  const axe = readFileSync(new URL('./node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  for (const colorScheme of ['light', 'dark'])
    await test(`contrast, names and keyboard in ${colorScheme} mode (axe)`, async () => {
      const { context, page } = await watched({ viewport: WIDE, colorScheme });
      const faults = [];
      for (const path of LOOKED_AT.filter((name) => pages.includes(name))) {
        await open(page, path);
        const isDark = await page.evaluate(() => document.documentElement.classList.contains('dark'));
        if (isDark !== (colorScheme === 'dark')) faults.push(`${path} is not ${colorScheme}`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa'] }),
        );
        for (const { id, nodes } of violations)
          for (const { target, failureSummary } of nodes)
            faults.push(`${path}: ${id}: ${target}: ${failureSummary.split('\n')[1]?.trim()}`);
      }
      await context.close();
      expectNone(faults, 'faults');
    });

  await test('the keyboard reaches the content: Tab, then Enter on the first link', async () => {
    const { context, page } = await watched({ viewport: WIDE });
    await open(page, 'operators');
    await page.keyboard.press('Tab');
    const text = await page.evaluate(() => document.activeElement?.textContent?.trim());
    await context.close();
    if (text !== 'Skip to content') throw new Error(`the first link is '${text}'`);
  });
}

/** Pictures for a look: `node site/test.mjs --pictures FOLDER [PAGE…]`. */
async function pictures(browser, origin, folder, names) {
  for (const [size, viewport] of Object.entries({ wide: WIDE, phone: PHONE }))
    for (const colorScheme of ['light', 'dark']) {
      const page = await browser.newPage({ viewport, colorScheme });
      for (const name of names) {
        await page.goto(`${origin}/${name}.html`, { waitUntil: 'networkidle' });
        await page.screenshot({
          path: join(folder, `${name.replaceAll('/', '-')}-${size}-${colorScheme}.png`),
          fullPage: process.argv.includes('--full'),
        });
      }
      await page.close();
    }
}

const executablePath =
  process.env.CHROMIUM ??
  ['chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`).find(existsSync);
const missing = [
  !executablePath && 'there is no Chromium in /usr/bin, and CHROMIUM does not name one',
  pages.length === 0 && 'the site is not built: npm run docs',
].find(Boolean);
if (missing) {
  console.log(`skipped: ${missing}`);
  counts.skipped = 1;
} else {
  // it is installed with the site
  const { chromium } = await import('playwright-core');
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const origin = `http://127.0.0.1:${server.address().port}`;
  const [flag, folder, ...names] = process.argv.slice(2).filter((word) => word !== '--full');
  try {
    if (flag === '--pictures') await pictures(browser, origin, folder, names.length > 0 ? names : LOOKED_AT);
    else await tests(browser, origin);
  } finally {
    await browser.close();
    server.close();
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed > 0 ? 1 : 0;
