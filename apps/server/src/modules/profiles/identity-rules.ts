import { KIND_CODES, type IdentifierKind } from './identifier.ts';

/** How many identifiers of one kind a profile may hold. */
export interface KindRule {
  /** One of Segue's kinds, or the workspace's own. */
  readonly kind: string;
  /** What nodes of this kind are stored with; never changes. */
  readonly code: number;
  readonly limit: number;
  /** The limit is of so many newly held within any such number of days of event time; undefined: ever. */
  readonly perDays?: number | undefined;
}

/** How a workspace recognises its customers. Read at intake and by the identity stage. */
export interface IdentityRules {
  /** Strongest first. */
  readonly kinds: readonly KindRule[];
  /** Values that identify nobody, beside Segue's own list: texts without case, `*` for any characters. */
  readonly blockedValues: readonly string[];
  /** ISO 3166-1 alpha-2: whose telephone numbers come without a country; undefined: nobody's. */
  readonly country: string | undefined;
  /** A device or anonymousId seen with more user ids than this within an hour is a till or kiosk. */
  readonly userIdsPerHourMax: number;
}

const rule = (kind: IdentifierKind, limit: number, perDays?: number): KindRule => ({
  kind,
  code: KIND_CODES[kind],
  limit,
  perDays,
});

/** What holds until a workspace decides otherwise. */
export const DEFAULT_IDENTITY_RULES: IdentityRules = {
  kinds: [
    rule('userId', 1),
    rule('loyaltyId', 1),
    rule('email', 5),
    rule('phone', 5),
    rule('channel', 10),
    rule('device', 10),
    rule('anonymousId', 5, 7),
  ],
  blockedValues: [],
  country: undefined,
  userIdsPerHourMax: 5,
};
