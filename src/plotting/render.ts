import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

interface Renderer {
  readonly Resvg: typeof import('@resvg/resvg-js').Resvg;
}

/**
 * Renders an SVG as PNG with `scale` pixels per unit. It uses the font of the package, so that the
 * machine needs none. The renderer is loaded at the first call.
 */
export function renderPng(svg: string, scale: number): Uint8Array {
  const { Resvg } = require('@resvg/resvg-js') as Renderer;
  const fonts = join(dirname(require.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: [join(fonts, 'DejaVuSans.ttf'), join(fonts, 'DejaVuSans-Bold.ttf')],
      defaultFontFamily: 'DejaVu Sans',
    },
  });
  return resvg.render().asPng();
}
