/**
 * What a person said about deliveries: `qrunner out hold`, `release` and `flush`.
 *
 *     hold      mail it matches is kept in retry until it is released
 *     release   what waited when it was said is due, unless something else holds it back
 *     flush     what waited when it was said is tried once more, whatever holds it back
 *
 * Promises: a hold is in force until it is taken back; release and flush are about what had been put off before them.
 * Fails: may throw TemporaryError, ExpectedError (lib/state).
 */
import type { Database } from '../state/database.ts';
import { integerOf, type Row, textOf, wordOf } from '../state/row.ts';

/** What a rule is about. */
export const RULE_SCOPES = ['all', 'list', 'destination', 'member'] as const;

/** One of {@link RULE_SCOPES}. */
export type RuleScope = (typeof RULE_SCOPES)[number];

/** What a rule does. */
export type RuleKind = (typeof RULE_KINDS)[number];

const RULE_KINDS = ['hold', 'release', 'flush'] as const;

/** Mail that is meant: everything, a list's, a destination's (its name, or the domain of recipients), a recipient's. */
export type RuleTarget = { readonly scope: RuleScope; readonly value: string };

/** A rule and when it was said, milliseconds since the epoch. */
export type DeliveryRule = RuleTarget & { readonly kind: RuleKind; readonly at: number };

/** A recipient on his way. Compared in lower case. */
export type Delivery = {
  readonly list: string;
  readonly recipient: string;
  readonly destination: string | null;
};

/** Release and flush have done their work after this time, milliseconds: what they were about has had its turn. */
const WORD_LIFE_MS = 7 * 86_400_000;

/** All rules, the oldest first. */
export function listRules(db: Database): DeliveryRule[] {
  return db
    .all('SELECT kind, scope, value, at FROM delivery_rule ORDER BY at, kind, scope, value')
    .map(ruleOf);
}

/** Says a rule; said again, it counts from now. */
export function addRule(db: Database, kind: RuleKind, { scope, value }: RuleTarget, now: number): void {
  db.transaction(() => {
    db.run("DELETE FROM delivery_rule WHERE kind <> 'hold' AND at < ?", now - WORD_LIFE_MS);
    db.run(
      `INSERT INTO delivery_rule (kind, scope, value, at) VALUES (?, ?, ?, ?)
       ON CONFLICT (kind, scope, value) DO UPDATE SET at = excluded.at`,
      kind,
      scope,
      value.toLowerCase(),
      now,
    );
  });
}

/** Takes back the hold on a target, or every hold; returns how many there were. */
export function removeHolds(db: Database, target: RuleTarget | null): number {
  if (target === null) return db.run("DELETE FROM delivery_rule WHERE kind = 'hold'").changes;
  return db.run(
    "DELETE FROM delivery_rule WHERE kind = 'hold' AND scope = ? AND value = ?",
    target.scope,
    target.value.toLowerCase(),
  ).changes;
}

/** The hold that keeps a delivery back, or `null`. */
export function holdOn(rules: readonly DeliveryRule[], delivery: Delivery): DeliveryRule | null {
  return rules.find((rule) => rule.kind === 'hold' && matches(rule, delivery)) ?? null;
}

/** True when `word` was said of a delivery after it had been put off at `putOffAt`. */
export function wasSaid(
  rules: readonly DeliveryRule[],
  word: 'release' | 'flush',
  delivery: Delivery,
  putOffAt: number,
): boolean {
  return rules.some((rule) => rule.kind === word && rule.at >= putOffAt && matches(rule, delivery));
}

/** When the newest rule was said, or `null` when there is none. */
export function newestRuleAt(rules: readonly DeliveryRule[]): number | null {
  return rules.reduce<number | null>((newest, { at }) => Math.max(newest ?? at, at), null);
}

/** `list friends@example.org`, for people. */
export function targetWords({ scope, value }: RuleTarget): string {
  return scope === 'all' ? 'everything' : `${scope} ${value}`;
}

function matches({ scope, value }: RuleTarget, { list, recipient, destination }: Delivery): boolean {
  switch (scope) {
    case 'all':
      return true;
    case 'list':
      return list === value;
    case 'member':
      return recipient.toLowerCase() === value;
    default:
      return destination?.toLowerCase() === value || recipient.toLowerCase().endsWith(`@${value}`);
  }
}

function ruleOf(row: Row): DeliveryRule {
  return {
    kind: wordOf(row, 'kind', RULE_KINDS),
    scope: wordOf(row, 'scope', RULE_SCOPES),
    value: textOf(row, 'value'),
    at: integerOf(row, 'at'),
  };
}
