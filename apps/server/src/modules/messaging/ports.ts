import type { PromotedProduct } from '@segue/contract';
import type { JsonObject } from '../../platform/json.ts';
import type { Sql, Transaction } from '../../platform/postgres/index.ts';
import type { Channel } from './channels/channel.ts';
import type { ChannelName, MessageSource } from './types.ts';

/** Asked under the lock of the profiles, right before a message is let go: has it become pointless? */
export interface SendGuard {
  /** Answers the messages that must not go any more, each with the reason. One query for the batch. */
  findUnwanted(
    sql: Transaction,
    workspaceId: number,
    messages: readonly { readonly id: string; readonly source: MessageSource }[],
  ): Promise<ReadonlyMap<string, string>>;
  /** Of marketing: which of them its sender keeps from their customers to compare, each with the reason. Left out: none. */
  findHeldOut?(
    sql: Transaction,
    workspaceId: number,
    messages: readonly { readonly id: string; readonly profileId: string; readonly source: MessageSource }[],
  ): Promise<ReadonlyMap<string, string>>;
}

/** What is so of one product for one customer at one instant. */
export interface ProductTruth {
  /** What a template shows of it; undefined: the catalog does not know it. */
  readonly card: JsonObject | undefined;
  readonly isInStock: boolean;
  /** She bought it since then, and kept it. */
  readonly isBought: boolean;
}

/** Asked when a message that invites to buy is rendered, and again under the profile's lock, right before it is let go. */
export interface ProductPort {
  /** By message, in the order it names its products. One query a table for the batch. */
  readTruths(
    sql: Sql,
    workspaceId: number,
    asked: {
      readonly messages: readonly {
        readonly id: string;
        readonly profileId: string;
        readonly products: readonly PromotedProduct[];
      }[];
      readonly boughtSinceMs: number;
      readonly nowMs: number;
    },
  ): Promise<ReadonlyMap<string, readonly ProductTruth[]>>;
}

/** What the gate is asked with. */
export interface GateDeps {
  /** Those that something can be sent on. */
  readonly channels: { has(channel: ChannelName): boolean };
  readonly guard: SendGuard;
  /** Left out: nobody knows products; they are shown as they were named. */
  readonly products?: ProductPort;
  /** Where customers reach this server: tracked links and unsubscribe links begin with it. */
  readonly publicUrl: string;
}

/** What the sender of one process is given. */
export interface SendDeps extends GateDeps {
  readonly processId: string;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  /** Ids of the messages this process has under way. Make one set a process, and give it to sending and recovery alike. */
  readonly inFlight: Set<string>;
}
