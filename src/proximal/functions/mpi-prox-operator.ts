import type { AnyDistributedArray } from '../../core/distributed/stacked-distributed-array.js';
import type { Communicator } from '../../core/ports/communicator.js';
import { type InnerProducts, plainDots } from '../../core/vector/inner-products.js';
import type { Space } from '../../core/vector/vector.js';
import { checkFunctions, type ProxMemory, ProxOperator } from './prox-operator.js';

/**
 * A function over distributed vectors, under its name in PyLops-MPI. Every {@link ProxOperator}
 * takes distributed vectors, so this one only calls another.
 */
export class MPIProxOperator extends ProxOperator<AnyDistributedArray> {
  readonly f: ProxOperator<AnyDistributedArray>;
  constructor(f: ProxOperator<AnyDistributedArray>) {
    super();
    checkFunctions('MPIProxOperator', { f });
    this.f = f;
  }
  override get name(): string {
    return `MPIProxOperator(${this.f.name})`;
  }
  override memories(space: Space<AnyDistributedArray>): ProxMemory[] {
    return this.f.memories(space);
  }
  override get comm(): Communicator | undefined {
    return this.f.comm;
  }
  override get isSmooth(): boolean {
    return this.f.isSmooth;
  }
  override get isQuadratic(): boolean {
    return this.f.isQuadratic;
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
