import type { AlertType } from '@segue/contract';

export type ThresholdKind = 'pieces' | 'amount' | 'percent';

/** How little must be there, or how much less it must cost. Pieces, minor units, or hundredths of a percent. */
export interface Threshold {
  readonly kind: ThresholdKind;
  readonly value: number;
}

/** What a customer wants to hear of, as it is kept. */
export interface StockAlert {
  readonly id: string;
  readonly profileId: string;
  /** The identity node it is filed under. */
  readonly node: number;
  readonly variantId: string;
  /** Null: anywhere. */
  readonly locationId: string | null;
  readonly type: AlertType;
  readonly channel: string;
  readonly threshold: Threshold | null;
  /** The price she saw, or was told of last. */
  readonly baselineMinor: number | null;
  readonly currency: string | null;
  /** The date of a pre-order that she knows. */
  readonly dueAt: Date | null;
  readonly state: 'active' | 'sent' | 'converted' | 'cancelled' | 'expired';
  /** Its edge has come, and its turn has not. */
  readonly isQueued: boolean;
  readonly tellings: number;
  readonly toldAt: Date | null;
  readonly source: string;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
  readonly expiresAt: Date;
}

/** Where it is to be had: anywhere for a channel, or at one location. */
export interface Place {
  readonly variantId: string;
  readonly locationId: string | null;
  readonly channel: string;
}
