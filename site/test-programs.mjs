// Tests of the programs that pages run: results, figures, errors, stopping.

/** Adds tests of the programs of `pages`. `watched` opens a page and keeps its errors. */
export async function testPrograms(test, pages, watched, open, expectNone) {
  /** Replaces the program of the first block of a page and runs it; what it printed and drew. */
  const ran = async (page, source, wait = '.run-start') => {
    const block = page.locator('.run-block').first();
    if ((await block.locator('textarea').count()) === 0) await block.locator('.run-edit').click();
    await block.locator('textarea').fill(source);
    await block.locator('.run-start').click();
    await block.locator(wait).waitFor({ timeout: 60_000 });
    return block;
  };
  const onBlock = (title, body) =>
    test(title, async () => {
      const { context, page, errors } = await watched({ viewport: { width: 1440, height: 900 } });
      await open(page, 'index');
      try {
        await body(page);
      } finally {
        await context.close();
      }
      expectNone(errors, 'faults');
    });

  await onBlock('a page runs its program, as it is', async (page) => {
    const block = page.locator('.run-block').first();
    await block.locator('.run-start').click();
    await block.locator('.run-results').waitFor({ timeout: 60_000 });
    await block.locator('.run-start').waitFor({ timeout: 60_000 });
    const text = await block.locator('.run-results').textContent();
    if (!text.includes('misfit below 1e-9: true')) throw new Error(text);
  });

  await onBlock('an edited program prints and draws, with types, and Reset restores it', async (page) => {
    const block = await ran(
      page,
      `import { NDArray, type Shape } from 'lops-mpi';
import { Figure, heatMap } from 'lops-mpi/plotting';
const shape: Shape = [2, 3];
console.log(NDArray.arange(6).reshape(shape).sum(), { a: [1, 'b'] }, new Float64Array(2));
new Figure().add(heatMap(NDArray.ones([4, 5]))).writePng('figure.png');`,
    );
    const text = await block.locator('.run-results').textContent();
    if (text.trim() !== "15 { a: [ 1, 'b' ] } Float64Array(2) [ 0, 0 ]") throw new Error(text);
    const width = await block
      .locator('.run-results img')
      .evaluate((image) => image.decode().then(() => image.naturalWidth));
    if (!(width > 100)) throw new Error(`the figure is ${width} pixels wide`);
    await block.locator('.run-reset').click();
    await block.locator('.run-edit').click();
    const source = await block.locator('textarea').inputValue();
    if (!source.includes('misfit below')) throw new Error(source);
  });

  await onBlock('errors have their message and their line', async (page) => {
    for (const [source, expected] of [
      [
        `import { NDArray } from 'lops-mpi';\n\nNDArray.zeros(3).reshape([2, 2]);`,
        /^ShapeError: .*\(line 3\)$/,
      ],
      [
        `import { readNpy } from 'lops-mpi/io';\nreadNpy('a.npy');`,
        /^BackendError: readNpy of lops-mpi\/io needs/,
      ],
      [`const = 1;`, /^SyntaxError: /],
      [`import { nothing } from 'lops-mpi';\nconsole.log(nothing);`, /^SyntaxError: .*nothing/],
    ]) {
      const block = await ran(page, source, '.run-error');
      const text = await block.locator('.run-error').textContent();
      if (!expected.test(text.trim())) throw new Error(text);
    }
  });

  await onBlock('a program without an end is stopped, and the next one runs', async (page) => {
    const block = await ran(page, `while (true) console.log('again and again');`, '.run-results');
    await block.locator('.run-stop').click();
    const text = await block.locator('.run-error').textContent();
    if (text !== 'stopped') throw new Error(text);
    await ran(page, `console.log('again');`);
    if ((await block.locator('.run-results').textContent()).trim() !== 'again') throw new Error('no output');
  });

  await test('every program of every page runs', async () => {
    const { context, page } = await watched({ viewport: { width: 1440, height: 900 } });
    const faults = [];
    let programs = 0;
    for (const path of pages) {
      await open(page, path);
      for (const block of await page.locator('.run-block').all()) {
        await block.locator('.run-start').click();
        await block.locator('.run-start').waitFor({ timeout: 60_000 });
        programs++;
        for (const error of await block.locator('.run-error').allTextContents())
          faults.push(`${path}: ${error}`);
      }
    }
    await context.close();
    if (programs < 50) faults.push(`there are only ${programs} programs`);
    expectNone(faults, 'errors');
  });
}
