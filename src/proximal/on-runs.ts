import type { Elements } from '../core/backend.js';
import type { AnyVector } from '../core/vector.js';

/** Applies `kernel` to every run of this rank's memory of x and of `target` (x itself where absent). */
export function onRuns(x: AnyVector, kernel: (x: Elements, y: Elements) => void, target: AnyVector = x): void {
  x.map(kernel, target);
}
