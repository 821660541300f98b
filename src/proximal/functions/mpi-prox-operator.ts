import type { AnyDistributedArray } from '../../core/distributed/stacked-distributed-array.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import { checkFunctions, DelegatingProx, type ProxOperator } from './prox-operator.js';

/**
 * A function over distributed vectors, under its name in PyLops-MPI. Every {@link ProxOperator}
 * takes distributed vectors, so this one only calls another.
 */
export class MPIProxOperator extends DelegatingProx<AnyDistributedArray> {
  readonly f: ProxOperator<AnyDistributedArray>;
  constructor(f: ProxOperator<AnyDistributedArray>) {
    checkFunctions('MPIProxOperator', { f });
    super([f], `MPIProxOperator(${f.name})`);
    this.f = f;
  }
  override value(x: AnyDistributedArray, dots = plainDots): number {
    return this.f.value(x, dots);
  }
  protected override fill(
    x: AnyDistributedArray,
    tau: number,
    y: AnyDistributedArray,
    dots: InnerProducts,
  ): void {
    this.f.prox(x, tau, y, dots);
  }
  protected override fillDual(
    x: AnyDistributedArray,
    tau: number,
    y: AnyDistributedArray,
    dots: InnerProducts,
  ): void {
    this.f.proxDual(x, tau, y, dots);
  }
  protected override fillGrad(x: AnyDistributedArray, y: AnyDistributedArray, dots: InnerProducts): void {
    this.f.grad(x, y, dots);
  }
  override conjugateValue(y: AnyDistributedArray, dots = plainDots): number {
    return this.f.conjugateValue(y, dots);
  }
}
