import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey, type WorkspaceKeys } from '../../platform/crypto/index.ts';
import { isJsonObject, type Json, type JsonObject } from '../../platform/json.ts';

/** What a link says. `atUs`: microseconds since the epoch, as the database keeps them. */
export interface ChainedEntry {
  readonly id: string;
  readonly atUs: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly ip: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: JsonObject | null;
}

/** Place and hash of a link; of a chain without any: `EMPTY_CHAIN`. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: Buffer;
}

export const EMPTY_CHAIN: ChainHead = { seq: 0, hash: Buffer.alloc(32) };

/** The action of the link that answers for the entries written before there was a chain. */
export const CHAIN_BEGUN = 'audit.chained';

/** Made from the workspace's key, so that whoever can write to the database cannot write a chain that fits. */
export function auditKey(keys: WorkspaceKeys): Buffer {
  return deriveKey(keys.signing, 'segue audit chain');
}

/**
 * The hash of a link: HMAC-SHA256 (RFC 2104) over its canonical form, which is the UTF-8 of the JSON array, without
 * spaces, `[workspaceId, seq, hex of the hash before, id, atUs, actorKind, actorId, ip, action, subject, detail]`; the
 * names of objects within `detail` are sorted by UTF-16 code unit.
 */
export function linkHash(key: Buffer, link: { workspaceId: number; before: ChainHead; entry: ChainedEntry }): Buffer {
  const { workspaceId, before, entry } = link;
  const form = JSON.stringify([workspaceId, before.seq + 1, before.hash.toString('hex'), ...formOf(entry)]);
  return createHmac('sha256', key).update(form).digest();
}

export function isSameHash(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Counts and digests entries that no link holds, in the order of their ids: SHA-256 over their forms, a line each. */
export class EarlierEntries {
  readonly #digest = createHash('sha256');
  #count = 0;

  add(entry: ChainedEntry): void {
    this.#digest.update(`${JSON.stringify(formOf(entry))}\n`);
    this.#count += 1;
  }

  get count(): number {
    return this.#count;
  }

  /** Ends the counting. */
  detail(): JsonObject {
    return { earlierEntries: this.#count, earlierDigest: this.#digest.digest('hex') };
  }
}

function formOf(entry: ChainedEntry): Json[] {
  const { id, atUs, actorKind, actorId, ip, action, subject, detail } = entry;
  return [id, atUs, actorKind, actorId, ip, action, subject, sorted(detail)];
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isJsonObject(value)) return value;
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]));
}

/** Why a chain does not hold, and where first. */
export interface BrokenLink {
  readonly reason: 'changed' | 'missing' | 'unchained';
  readonly seq: number;
  /** Undefined: the entry that should be there is not. */
  readonly entryId: string | undefined;
}

/** A stored link. */
export interface StoredLink extends ChainedEntry {
  readonly seq: number;
  readonly hash: Buffer;
}

/** Follows links in order from `before`. Answers the last good one, and the first that does not hold. */
export function followChain(
  key: Buffer,
  options: { workspaceId: number; before: ChainHead; links: readonly StoredLink[] },
): { head: ChainHead; broken: BrokenLink | undefined } {
  const { workspaceId, links } = options;
  let head = options.before;
  for (const link of links) {
    if (link.seq !== head.seq + 1) {
      return { head, broken: { reason: 'missing', seq: head.seq + 1, entryId: undefined } };
    }
    if (!isSameHash(linkHash(key, { workspaceId, before: head, entry: link }), link.hash)) {
      return { head, broken: { reason: 'changed', seq: link.seq, entryId: link.id } };
    }
    head = { seq: link.seq, hash: link.hash };
  }
  return { head, broken: undefined };
}
