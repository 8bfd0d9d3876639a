export const LOCATION_KINDS = ['store', 'warehouse', '3pl', 'marketplace'] as const;
export type LocationKind = (typeof LOCATION_KINDS)[number];

export const CAPABILITIES = ['ship', 'pickup', 'curbside', 'local_delivery', 'returns'] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** A place with stock. */
export interface Location {
  readonly id: string;
  readonly name: string;
  readonly kind: LocationKind;
  readonly code: string | null;
  readonly state: 'active' | 'inactive';
  readonly capabilities: readonly Capability[];
  /** Channels that may sell from it; empty: every one. */
  readonly channels: readonly string[];
  /** The smaller, the sooner it is taken from. */
  readonly priority: number;
  readonly timeZone: string | null;
  readonly hours: OpeningHours | null;
  readonly country: string | null;
  readonly postcode: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

/** By weekday (`mon` … `sun`): spans of local time. A day that is missing is closed. */
export type OpeningHours = Readonly<Record<string, readonly { readonly from: string; readonly to: string }[]>>;

/** What a location of a kind can do unless it is said. */
export function capabilitiesOf(kind: LocationKind): Capability[] {
  return kind === 'store' ? ['ship', 'pickup', 'returns'] : ['ship'];
}

/** Whether a channel may sell from it. Pure. */
export function sellsFor(location: Location, channel: string | undefined): boolean {
  if (location.state !== 'active') return false;
  return channel === undefined || location.channels.length === 0 || location.channels.includes(channel);
}
