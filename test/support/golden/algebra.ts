import type { AnyOperator } from '../../../src/core/operator/linear-operator.js';
import { NotSupported } from './not-supported.js';
import { type Params, required } from './params.js';

type Node = (args: readonly AnyOperator[], p: Params) => AnyOperator;
const single = (args: readonly AnyOperator[]): AnyOperator => required(args[0], 'args');

/** Nodes of the operator algebra. */
const NODES: Readonly<Record<string, Node>> = {
  product: (args) => args.reduce((a, b) => a.mul(b)),
  sum: (args) => args.reduce((a, b) => a.add(b)),
  scaled: (args, p) => single(args).scale(required(p.scalar('alpha'), 'alpha')),
  power: (args, p) => single(args).pow(required(p.number('p'), 'p')),
  adjoint: (args) => single(args).H,
  transpose: (args) => single(args).T,
  conj: (args) => single(args).conj(),
};

/**
 * Builds the operator that a spec of case.json describes from its operands.
 *
 * @throws {@link NotSupported} if the node is unknown
 */
export function combine(op: string, args: readonly AnyOperator[], p: Params): AnyOperator {
  const node = NODES[op];
  if (!node) throw new NotSupported(`operator ${op}`);
  return node(args, p);
}
