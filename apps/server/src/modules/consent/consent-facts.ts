/** What rules may ask about being written to. Noted of a profile when what she said changed. */
export const CONSENT_FACTS = ['$consent', '$reachable'] as const;

/** Noted when an address of a profile was suppressed, or may be used again. */
export const REACH_FACTS = ['$reachable'] as const;
