/**
 * The protocol monitor: whether a request is one that its server's rules allow.
 *
 * Here: rules and a request, in; yes or no, out; pure. Not here: where both come from (`../p3/violation.ts`), the rules
 * (each server's, `ArcServer::Protocol`).
 * Reference: protocol/p3.ts, RULE_.
 * @module
 */

/** A rule, as protocol/p3.ts numbers its words. */
export interface ProtocolRule {
  readonly label: number;
  readonly least: number;
  readonly most: number;
  /** State that the conversation must be in; {@link ANY_STATE} for any. */
  readonly from: number;
}

/** A request, and the state of its client's conversation. */
export interface ProtocolRequest {
  readonly label: number;
  readonly words: number;
  readonly state: number;
}

export const ANY_STATE = 0xffffffff;

/** Whether some rule allows the request. */
export function allows(rules: readonly ProtocolRule[], { label, words, state }: ProtocolRequest): boolean {
  return rules.some(
    (rule) =>
      rule.label === label &&
      rule.least <= words &&
      words <= rule.most &&
      (rule.from === ANY_STATE || rule.from === state),
  );
}
