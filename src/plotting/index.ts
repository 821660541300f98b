export { type ArrayPlotOptions, plotDistributedArray, plotLocalArrays } from './array-plots.js';
export {
  COLOR_MAP_NAMES,
  type ColorMap,
  type ColorMapName,
  colorMap,
  colorOf,
  makeColorMap,
  type Rgb,
} from './color-maps.js';
export { type ColorRangeOptions, colorRange, type ValueRange } from './color-range.js';
export { type CommunicationMatrixOptions, communicationMatrix } from './communication-matrix.js';
export { type ConvergenceHistory, type ConvergenceOptions, convergence } from './convergence.js';
export type { VolumeAxis } from './coordinates.js';
export { Figure, type FigureOptions } from './figure.js';
export { type HeatMapOptions, heatMap } from './heat-map.js';
export { type LayoutMapOptions, layoutMap } from './layout-map.js';
export { type LinePlotOptions, linePlot, type Series } from './line-plot.js';
export type { Panel } from './panel.js';
export { type SectionOptions, section, type VolumeOptions, volume } from './section.js';
export { type WiggleOptions, wiggle } from './wiggle.js';
