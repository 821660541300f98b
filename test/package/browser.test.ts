import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { build } from 'esbuild';
import { packagePath } from '../../src/package/package-root.js';
import { chromium, domOf } from '../support/chromium.js';
import { skip } from '../support/skip.js';

const PROGRAM = packagePath('dist/test/support/fixtures/browser-program.js');
const { exports } = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as {
  exports: Record<string, { readonly browser?: string }>;
};
const ENTRIES = Object.entries(exports).flatMap(([name, { browser }]) =>
  browser ? [{ name: name.replace('.', 'lops-mpi'), file: browser }] : [],
);

interface Results {
  readonly arrays: Readonly<Record<string, readonly number[]>>;
  readonly errors: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** What the program reports in Node, on the kernels that browsers have. */
const inNode = (): Promise<Results> =>
  new Promise((done, fail) => {
    const env = { ...process.env, LOPS_CPU: 'reference' };
    execFile(process.execPath, [PROGRAM], { env, maxBuffer: 2 ** 26 }, (error, stdout) =>
      error ? fail(error) : done(JSON.parse(stdout) as Results),
    );
  });

/** A program as an application bundles it for a page. */
const bundled = (contents: string) =>
  build({
    stdin: { contents, resolveDir: packagePath('.') },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  });

/** What a browser cannot do throws an error that says so. */
function expectRefused(errors: Results['errors']): void {
  expect(Object.keys(errors)).to.have.length(10);
  for (const [what, error] of Object.entries(errors))
    expect(error, what).to.match(what === 'abort' ? /^MpiError: ended$/ : /^BackendError: .* needs Node/);
}

describe('the package in a browser', function () {
  this.timeout(60_000);
  let expected: Results;
  before(async () => {
    expected = await inNode();
  });

  it('has a file for each entry, without a part of Node', async () => {
    expect(ENTRIES.map(({ name }) => name)).to.include.members(['lops-mpi', 'lops-mpi/array']);
    expect(ENTRIES).to.have.length(Object.keys(exports).length - 1);
    const all = ENTRIES.map(({ name }, k) => `import * as e${k} from '${name}'; console.log(e${k});`);
    const { metafile } = await bundled(all.join('\n'));
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).to.deep.equal([]);
    expect(Object.keys(metafile.inputs).some((path) => path.startsWith('dist/browser/'))).to.equal(true);
    expect(Object.keys(metafile.inputs).filter((path) => path.startsWith('dist/bundle/'))).to.deep.equal([]);
  });

  it('exports in each entry the names that Node has', async () => {
    for (const { name, file } of ENTRIES) {
      const names = Object.keys(await import(name)).sort();
      const { metafile } = await build({
        entryPoints: [packagePath(file)],
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        outdir: packagePath('dist/browser'),
        logLevel: 'silent',
      });
      expect(Object.values(metafile.outputs)[0]?.exports.sort(), name).to.deep.equal(names);
    }
  });

  it('is as large as docs/browser.md says', async () => {
    const page = readFileSync(packagePath('docs/browser.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([^|]+)` \| (\d+) kB \|/gm)];
    const [, whole] = /All entries together have (\d+) kB/.exec(page) ?? [];
    const stated = [
      ...rows.map(([, names, size]) => [(names as string).split('`, `'), Number(size)] as const),
      [ENTRIES.map(({ name }) => name), Number(whole)] as const,
    ];
    expect(stated).to.have.length(5);
    for (const [names, size] of stated) {
      const { outputFiles } = await bundled(
        names.map((name, k) => `import * as e${k} from '${name}'; console.log(e${k});`).join('\n'),
      );
      const kilobytes = gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length / 1000;
      expect(kilobytes, `kB of ${names}`).to.be.closeTo(size, 0.05 * size);
    }
  });

  it('computes without the globals of Node what Node does', async () => {
    const { outputFiles } = await build({
      entryPoints: [PROGRAM],
      bundle: true,
      write: false,
      // an asynchronous function, because the program waits at its top level
      format: 'esm',
      platform: 'browser',
      logLevel: 'silent',
    });
    const code = outputFiles[0]?.text.replace(/^export \{[^}]*\};$/m, '');
    let reported = '';
    const report = (text: string) => (reported = text);
    const globals = { performance, structuredClone, btoa, TextEncoder, TextDecoder, report };
    await runInNewContext(`(async () => {${code}\n})()`, globals);
    const { errors, ...results } = JSON.parse(reported) as Results;
    const { errors: none, ...same } = expected;
    expect(none).to.deep.equal({});
    expect(results).to.deep.equal(same);
    expectRefused(errors);
  });

  it('computes in Chromium what Node does, from the files of the package', async function () {
    if (!chromium) skip(this, 'no Chromium on the PATH');
    const imports = Object.fromEntries(ENTRIES.map(({ name, file }) => [name, file.slice(1)]));
    const page = `<!doctype html><pre id="results"></pre>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script>
  const results = document.getElementById('results');
  window.report = (text) => { results.textContent = btoa(encodeURIComponent(text)); };
  window.onerror = (text) => { results.append(text); };
  window.onunhandledrejection = ({ reason }) => { results.append(reason); };
</script>
<script type="module" src="/program.js"></script>`;
    const server = createServer(({ url = '/' }, response) => {
      const file = url === '/program.js' ? PROGRAM : packagePath(url.slice(1));
      const isPage = url === '/';
      response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript');
      if (!isPage && !existsSync(file)) response.statusCode = 404;
      response.end(isPage ? page : existsSync(file) ? readFileSync(file) : '');
    }).listen(0, '127.0.0.1');
    try {
      await new Promise((done) => server.once('listening', done));
      const { port } = server.address() as AddressInfo;
      const dom = await domOf(`http://127.0.0.1:${port}/`);
      const [, text] = /<pre id="results">([\w+/=]+)</.exec(dom) ?? [];
      if (text === undefined) throw new Error(`no results in ${dom}`);
      const found = JSON.parse(decodeURIComponent(atob(text))) as Results;
      expect(Object.keys(found.arrays)).to.deep.equal(Object.keys(expected.arrays));
      // its functions of mathematics may differ from those of Node in the last bits
      for (const [name, values] of Object.entries(expected.arrays)) {
        const largest = Math.max(...values.map(Math.abs));
        expect(found.arrays[name], name).to.have.length(values.length);
        values.forEach((value, k) => {
          expect(found.arrays[name]?.[k], name).to.be.closeTo(value, 1e-10 * largest);
        });
      }
      expectRefused(found.errors);
    } finally {
      server.close();
    }
  });
});
