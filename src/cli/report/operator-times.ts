import { type Call, productName } from '../../tracing/interposition.js';

/** The products of the operators of one name, in one direction. */
export interface OperatorTime {
  /** Such as `MPIFirstDerivative.matvec`. */
  readonly name: string;
  readonly calls: number;
  /** Seconds with the products of other operators inside. */
  readonly seconds: number;
  /** Seconds without them. */
  readonly own: number;
}

/** Adds up the times of the products of operators, by name. */
export class OperatorTimes {
  readonly #times = new Map<string, { name: string; calls: number; seconds: number; own: number }>();
  /** The seconds of the products inside of each running product, the innermost last. */
  readonly #inside: number[] = [];

  /** Makes a call, and adds its time if it is a product. */
  readonly around = (call: Call): unknown => {
    if (call.kind !== 'operator') return call.proceed();
    const name = productName(call);
    this.#inside.push(0);
    const began = performance.now();
    try {
      return call.proceed();
    } finally {
      const seconds = (performance.now() - began) / 1000;
      const inside = this.#inside.pop() as number;
      const outer = this.#inside.length - 1;
      if (outer >= 0) this.#inside[outer] = (this.#inside[outer] as number) + seconds;
      const entry = this.#times.get(name) ?? { name, calls: 0, seconds: 0, own: 0 };
      entry.calls++;
      entry.seconds += seconds;
      entry.own += seconds - inside;
      this.#times.set(name, entry);
    }
  };

  /** Those with the most time of their own first. */
  all(): OperatorTime[] {
    return [...this.#times.values()].sort((a, b) => b.own - a.own);
  }
}
