import { blindHash, newDataKey, open, seal } from '../../platform/crypto/index.ts';
import type { WorkspaceKeys } from '../../platform/crypto/index.ts';
import type { NodeRef } from '../../platform/eventlog/index.ts';
import { LANE_COUNT } from '../../platform/eventlog/index.ts';
import { uuidText } from '../../platform/ids/index.ts';
import type { Sql } from '../../platform/postgres/index.ts';
import { GenerationCache } from '../../platform/generation-cache.ts';
import { codeOf, type Identifier } from './identifier.ts';
import { deleteErasedHashes, findErasedHashes } from './erased-store.ts';
import { findNodesByHash, findWrappedKeys, insertNodes, type NewNode } from './node-store.ts';

/** An identifier's node as intake needs it. */
export interface KnownNode extends NodeRef {
  /** The lane of events whose strongest identifier this is. */
  readonly lane: number;
}

interface NodeNeed {
  readonly workspaceId: number;
  readonly identifier: Identifier;
  /** Instant of a sign-up: of an erased customer the identifier starts anew with it. Undefined: the event is none. */
  readonly signUpAt?: number | undefined;
  /** No node is made for it. */
  readonly ifKnown?: boolean;
}

interface Unknown {
  readonly identifier: Identifier;
  readonly signUpAt: number;
  readonly isMade: boolean;
}

/** Of one kind; about 200 bytes each. */
const CACHED_NODES_MAX = 250_000;
/** What a device kept of an erased customer never brings her back, whatever is said with it. */
const NEVER_ANEW: ReadonlySet<string> = new Set(['anonymousId', 'device', 'channel']);
/** Only events with personal values need a key. */
const CACHED_KEYS_MAX = 50_000;

/** Finds nodes by identifier, makes those that are new, and remembers both. One query per workspace for what is unknown. */
export class NodeDirectory {
  readonly #sql: Sql;
  readonly #keysOf: (workspaceId: number) => Promise<WorkspaceKeys>;
  /** By workspace and kind, so that a look-up takes the identifier's value as it is. */
  #nodes = new Map<number, Map<string, GenerationCache<string, KnownNode>>>();
  /** As text: a small Buffer would keep the whole slab it was cut from. Empty: its owner was erased. */
  #keys = new GenerationCache<number, string>(CACHED_KEYS_MAX);
  /** What erased customers were known by, of what was asked for `ifKnown`. */
  #erased = new GenerationCache<string, true>(CACHED_KEYS_MAX);
  #epoch = -1;

  constructor(sql: Sql, keysOf: (workspaceId: number) => Promise<WorkspaceKeys>) {
    this.#sql = sql;
    this.#keysOf = keysOf;
  }

  /** The erasure this directory knows of; grows with every one. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Somebody was erased: nothing remembered before counts any more. */
  forget(epoch: number): void {
    if (epoch <= this.#epoch) return;
    unwrapped = new WeakMap();
    this.#epoch = epoch;
    // New ones, not emptied ones: a look-up under way must not put into these what it read before.
    this.#nodes = new Map();
    this.#keys = new GenerationCache(CACHED_KEYS_MAX);
    this.#erased = new GenerationCache(CACHED_KEYS_MAX);
  }

  /** Undefined: never looked up, or of somebody who was erased. */
  find(workspaceId: number, identifier: Identifier): KnownNode | undefined {
    return this.#cacheOf(workspaceId, identifier.kind).get(identifier.value);
  }

  /** Whether an erased customer was known by it who is not there anew, after `ensure` with `ifKnown`. */
  isErased(workspaceId: number, identifier: Identifier): boolean {
    const isErased = this.#erased.get(erasedKey(workspaceId, identifier)) !== undefined;
    return isErased && this.find(workspaceId, identifier) === undefined;
  }

  /** The data key of a node, after `ensureKeys`; undefined once its owner was erased. */
  keyOf(nodeId: number): Buffer | undefined {
    const key = this.#keys.get(nodeId);
    return key === undefined || key === '' ? undefined : Buffer.from(key, 'latin1');
  }

  /**
   * After this, `find` knows every one of `needs` that is not an erased customer's (and not `ifKnown` and new), unless the
   * epoch changed meanwhile.
   */
  async ensure(needs: readonly NodeNeed[]): Promise<void> {
    const unknown = new Map<number, Map<string, Unknown>>();
    for (const { workspaceId, identifier, signUpAt = -Infinity, ifKnown = false } of needs) {
      if (this.find(workspaceId, identifier) !== undefined) continue;
      const key = `${identifier.kind}\n${identifier.value}`;
      let ofWorkspace = unknown.get(workspaceId);
      if (ofWorkspace === undefined) unknown.set(workspaceId, (ofWorkspace = new Map()));
      const before = ofWorkspace.get(key);
      ofWorkspace.set(key, {
        identifier,
        signUpAt: Math.max(before?.signUpAt ?? -Infinity, signUpAt),
        isMade: !ifKnown || before?.isMade === true,
      });
    }
    for (const [workspaceId, identifiers] of unknown) await this.#load(workspaceId, identifiers);
  }

  /** After this, `keyOf` answers for every one of these nodes. */
  async ensureKeys(workspaceId: number, nodeIds: readonly number[]): Promise<void> {
    const cache = this.#keys;
    const unknown = nodeIds.filter((id) => cache.get(id) === undefined);
    if (unknown.length === 0) return;
    const opened = await openNodeKeys({ sql: this.#sql, workspaceId, keys: await this.#keysOf(workspaceId) }, unknown);
    for (const id of unknown) cache.set(id, opened.get(id)?.toString('latin1') ?? '');
  }

  async #load(workspaceId: number, identifiers: ReadonlyMap<string, Unknown>): Promise<void> {
    const nodes = this.#nodes;
    const keys = await this.#keysOf(workspaceId);
    const byHash = new Map(
      [...identifiers.values()].map((unknown) => [identifierHash(keys, unknown.identifier), unknown]),
    );
    const found = await findNodesByHash(this.#sql, workspaceId, [...byHash.keys()]);
    const missing = new Set([...byHash].flatMap(([hash, { isMade }]) => (isMade ? [hash] : [])));
    const asked = new Set([...byHash.keys()].filter((hash) => !missing.has(hash)));
    for (const row of found) for (const hashes of [missing, asked]) hashes.delete(row.hash);
    if (asked.size > 0) await this.#noteErased(workspaceId, { asked, byHash });
    if (missing.size > 0) await this.#dropErased(workspaceId, { missing, byHash });
    if (missing.size > 0) {
      const fresh = [...missing].map((hash) => newNode(keys, byHash.get(hash)!.identifier, hash));
      await insertNodes(this.#sql, workspaceId, fresh);
      found.push(...(await findNodesByHash(this.#sql, workspaceId, [...missing])));
    }
    if (nodes !== this.#nodes) return;
    for (const row of found) {
      const { identifier } = byHash.get(row.hash)!;
      const node: KnownNode = { id: row.id, kind: row.kind, lane: laneOfHash(row.hash) };
      this.#cacheOf(workspaceId, identifier.kind).set(identifier.value, node);
    }
  }

  /** Remembers which of `asked`, of which no node is made, an erased customer was known by. */
  async #noteErased(
    workspaceId: number,
    { asked, byHash }: { asked: ReadonlySet<string>; byHash: ReadonlyMap<string, Unknown> },
  ): Promise<void> {
    const erased = this.#erased;
    const rows = await findErasedHashes(this.#sql, workspaceId, [...asked]);
    for (const hash of asked) erased.delete(erasedKey(workspaceId, byHash.get(hash)!.identifier));
    for (const { hash } of rows) erased.set(erasedKey(workspaceId, byHash.get(hash)!.identifier), true);
  }

  /** Takes off `missing` what an erased customer was known by, unless she signed up since. */
  async #dropErased(
    workspaceId: number,
    { missing, byHash }: { missing: Set<string>; byHash: ReadonlyMap<string, Unknown> },
  ): Promise<void> {
    const lifted: string[] = [];
    for (const { hash, erased_at } of await findErasedHashes(this.#sql, workspaceId, [...missing])) {
      const { identifier, signUpAt } = byHash.get(hash)!;
      if (signUpAt > erased_at.getTime() && !NEVER_ANEW.has(identifier.kind)) lifted.push(hash);
      else missing.delete(hash);
    }
    if (lifted.length > 0) await deleteErasedHashes(this.#sql, workspaceId, lifted);
  }

  #cacheOf(workspaceId: number, kind: string): GenerationCache<string, KnownNode> {
    let kinds = this.#nodes.get(workspaceId);
    if (kinds === undefined) this.#nodes.set(workspaceId, (kinds = new Map()));
    let cache = kinds.get(kind);
    if (cache === undefined) kinds.set(kind, (cache = new GenerationCache(CACHED_NODES_MAX)));
    return cache;
  }
}

function erasedKey(workspaceId: number, { kind, value }: Identifier): string {
  return `${workspaceId}\n${kind}\n${value}`;
}

/** The blind index of an identifier, as it is stored. */
export function identifierHash(keys: WorkspaceKeys, identifier: Identifier): string {
  return uuidText(blindHash(keys.blind, `${identifier.kind}\n${identifier.value}`));
}

export function laneOfHash(hash: string): number {
  return Number.parseInt(hash.slice(0, 2), 16) % LANE_COUNT;
}

function newNode(keys: WorkspaceKeys, identifier: Identifier, hash: string): NewNode {
  const key = newDataKey();
  const wrappedKey = seal(keys.wrapping, key);
  unwrappedBy(keys).set(wrappedKey.toString('latin1'), key.toString('latin1'));
  return { kind: codeOf(identifier), hash, value: seal(key, identifier.value), wrappedKey };
}

/**
 * What the wrapped keys just made or opened open to, by the key that wraps them: a new customer's is asked for by intake and
 * again by the stages, which was a twentieth of an import's time. As text, as in the directory.
 */
let unwrapped = new WeakMap<Buffer, GenerationCache<string, string>>();

function unwrappedBy({ wrapping }: WorkspaceKeys): GenerationCache<string, string> {
  let cache = unwrapped.get(wrapping);
  if (cache === undefined) unwrapped.set(wrapping, (cache = new GenerationCache(CACHED_KEYS_MAX)));
  return cache;
}

function unwrap(keys: WorkspaceKeys, wrappedKey: Buffer): Buffer {
  const cache = unwrappedBy(keys);
  const wrapped = wrappedKey.toString('latin1');
  const known = cache.get(wrapped);
  if (known !== undefined) return Buffer.from(known, 'latin1');
  const key = open(keys.wrapping, wrappedKey);
  cache.set(wrapped, key.toString('latin1'));
  return key;
}

/** The data keys of nodes by id; a node without one was erased. One query. */
export async function openNodeKeys(
  reader: { sql: Sql; workspaceId: number; keys: WorkspaceKeys },
  nodeIds: readonly number[],
): Promise<Map<number, Buffer>> {
  const opened = new Map<number, Buffer>();
  if (nodeIds.length === 0) return opened;
  for (const row of await findWrappedKeys(reader.sql, reader.workspaceId, [...new Set(nodeIds)])) {
    if (row.wrapped_key !== null) opened.set(row.id, unwrap(reader.keys, row.wrapped_key));
  }
  return opened;
}
