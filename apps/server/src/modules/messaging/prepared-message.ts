import type { NodeRef } from '../../platform/eventlog/index.ts';
import type { EmailContent, OutgoingMessage } from './channels/channel.ts';
import type { CustomerZones } from './gate/customer-zones.ts';
import type { DueMessage } from './message-store.ts';

/** A due message with everything that could be read and rendered without a lock. */
export interface PreparedMessage {
  readonly message: DueMessage;
  readonly templateExists: boolean;
  readonly address:
    | { readonly text: string; readonly hash: string; readonly mailboxHash: string; readonly node: NodeRef }
    | undefined;
  readonly content: EmailContent | undefined;
  /** Why there is no content. */
  readonly brokenFor: string | undefined;
  readonly unsubscribeUrl: string | undefined;
  /** What the page of the message needs to say the same; sealed. Undefined when it has none. */
  readonly shown: Buffer | undefined;
  /** The products it shows, by their places among those it names. */
  readonly shownProducts: readonly number[];
  /** By which clocks her quiet hours are told. */
  readonly zones: CustomerZones;
}

/** A message whose going is committed: it must be tried now, and never by anybody else. */
export interface Departure {
  readonly message: DueMessage;
  readonly attempt: number;
  readonly addressHash: string;
  readonly addressNode: NodeRef;
  readonly shown: Buffer | undefined;
  readonly outgoing: OutgoingMessage;
}
