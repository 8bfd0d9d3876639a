import type { TxCtx } from '../../../platform/eventlog/index.ts';
import type { JsonObject } from '../../../platform/json.ts';
import type { Ctx } from '../../../platform/context.ts';
import type { Identifier } from '../../profiles/index.ts';

/** How much of each module was found or changed. */
export type Counts = Readonly<Record<string, number>>;

/**
 * What is done to one profile over every module, joined in compose. Each verb can be repeated: a process that died in the
 * middle is followed by another that begins again. Requests whose verb is not joined stay as they were received.
 */
export interface RequestWork {
  /** Makes what every module keeps of her anew from her history. */
  rebuild(ctx: TxCtx, profileId: string): Promise<void>;
  /** Profiles known through one source only, in the order of their ids. */
  listKnownOnlyFrom(ctx: Ctx, page: { source: number; afterId: string; limit: number }): Promise<readonly string[]>;
  readonly erasing?: Erasing | undefined;
  readonly exporting?: Exporting | undefined;
}

export interface Erasing {
  /** Erases her everywhere. False: it must wait for something and be asked again. */
  erase(ctx: Ctx, profileId: string): Promise<boolean>;
  /** The end of it, in the transaction that keeps the receipt: how much of each module it was. Told once. */
  end(ctx: TxCtx, profileId: string): Promise<Counts>;
  /** Keeps late events of identifiers out, whether they lead to somebody or not. */
  suppress(ctx: Ctx, identifiers: readonly Identifier[]): Promise<void>;
}

export interface Exporting {
  /** Everything known of her, piece by piece. Throws `conflict` while some of it cannot be read yet. */
  export(ctx: Ctx, profileId: string): AsyncIterable<JsonObject>;
}

/** The kinds of requests this work can do. */
export function kindsOf({ erasing, exporting }: RequestWork): string[] {
  return [
    ...(erasing === undefined ? [] : ['erase', 'erase_shop']),
    ...(exporting === undefined ? [] : ['export']),
    'restrict',
    'unrestrict',
    'object',
    'unobject',
  ];
}
