/** The result of a case or of a part of one. `off` is infinite if nothing could be compared. */
export type Outcome =
  | { readonly verdict: 'ok' }
  | { readonly verdict: 'off'; readonly off: number; readonly accepted: number; readonly what: string }
  | { readonly verdict: 'not supported'; readonly what: string }
  | { readonly verdict: 'not for'; readonly ranks: number };

/** The possible verdicts at the end of a line, in the order of the counts. */
export const VERDICTS = ['ok', 'off', 'not supported', 'not for'] as const;

const brief = (value: number): string => (Number.isFinite(value) ? value.toExponential(2) : 'inf');

export function formatOutcome(outcome: Outcome): string {
  switch (outcome.verdict) {
    case 'ok':
      return 'ok';
    case 'off':
      return `off by ${brief(outcome.off)} > ${brief(outcome.accepted)} (${outcome.what})`;
    case 'not supported':
      return `not supported: ${outcome.what}`;
    case 'not for':
      return `not for ${outcome.ranks} rank${outcome.ranks === 1 ? '' : 's'}`;
  }
}

/** The severity of an outcome, for comparison. */
const severity = (o: Outcome): number =>
  o.verdict === 'off' ? o.off / o.accepted : o.verdict === 'ok' ? -2 : -1;

/** The worst outcome of all ranks. */
export function mergeOutcomes(outcomes: readonly Outcome[]): Outcome {
  const worst = outcomes.reduce((a, b) => (severity(b) > severity(a) ? b : a));
  if (worst.verdict !== 'off' || outcomes.every((o) => o.verdict === 'off')) return worst;
  return { ...worst, what: `${worst.what}, rank ${outcomes.indexOf(worst)}` };
}
