import { dirname, join } from 'node:path';
import { requireHere } from '../../package/require-here.js';

interface Renderer {
  readonly Resvg: typeof import('@resvg/resvg-js').Resvg;
}

/**
 * Renders an SVG as PNG with `scale` pixels per unit. It uses the font of the package, so that the
 * machine needs none. The renderer is loaded at the first call.
 */
export function renderPng(svg: string, scale: number): Uint8Array {
  const { Resvg } = requireHere('@resvg/resvg-js') as Renderer;
  const fonts = join(dirname(requireHere.resolve('dejavu-fonts-ttf/package.json')), 'ttf');
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
