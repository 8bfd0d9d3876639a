import type { Transaction } from '../../platform/postgres/index.ts';
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
}

/** What the sender of one process is given. */
export interface SendDeps {
  readonly processId: string;
  readonly channels: ReadonlyMap<ChannelName, Channel>;
  readonly guard: SendGuard;
  /** Where customers reach this server: tracked links and unsubscribe links begin with it. */
  readonly publicUrl: string;
  /** Ids of the messages this process has under way. Make one set a process, and give it to sending and recovery alike. */
  readonly inFlight: Set<string>;
}
