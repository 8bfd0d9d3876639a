import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChainedEntry,
  type ChainHead,
  EMPTY_CHAIN,
  followChain,
  linkHash,
  type StoredLink,
} from './audit-chain.ts';

const key = randomBytes(32);
const workspaceId = 1;
const text = fc.string({ maxLength: 12 });

const entry: fc.Arbitrary<ChainedEntry> = fc.record({
  id: fc.uuid(),
  atUs: fc.nat().map(String),
  actorKind: fc.constantFrom('member', 'apiKey', 'system'),
  actorId: text,
  ip: fc.option(text),
  action: text,
  subject: fc.option(text),
  detail: fc.option(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), { noNullPrototype: true })),
});
const entries = fc.uniqueArray(entry, { minLength: 2, maxLength: 12, selector: ({ id }) => id });

function chain(items: readonly ChainedEntry[]): StoredLink[] {
  const links: StoredLink[] = [];
  let before: ChainHead = EMPTY_CHAIN;
  for (const item of items) {
    const link = { ...item, seq: before.seq + 1, hash: linkHash(key, { workspaceId, before, entry: item }) };
    links.push(link);
    before = link;
  }
  return links;
}

/** What a reader of the whole chain, who knows its head, says. */
function holds(links: readonly StoredLink[], head: StoredLink): boolean {
  const { head: last, broken } = followChain(key, { workspaceId, before: EMPTY_CHAIN, links });
  return broken === undefined && last.seq === head.seq && last.hash.equals(head.hash);
}

describe('the audit chain', () => {
  it('holds as it was written, whatever piece it is followed in', () => {
    fc.assert(
      fc.property(entries, fc.nat(), (items, cut) => {
        const links = chain(items);
        const at = cut % links.length;
        const first = followChain(key, { workspaceId, before: EMPTY_CHAIN, links: links.slice(0, at) });
        const rest = followChain(key, { workspaceId, before: first.head, links: links.slice(at) });
        expect([first.broken, rest.broken, rest.head.seq]).toEqual([undefined, undefined, links.length]);
      }),
    );
  });

  it('does not hold with any field of any entry changed, and names that entry', () => {
    const field = fc.constantFrom('id', 'atUs', 'actorKind', 'actorId', 'ip', 'action', 'subject', 'detail');
    fc.assert(
      fc.property(entries, entry, fc.nat(), field, (items, other, place, name) => {
        const links = chain(items);
        const at = place % links.length;
        const changed = { ...links[at]!, [name]: other[name as keyof ChainedEntry] };
        fc.pre(JSON.stringify(changed) !== JSON.stringify(links[at]));
        const { broken } = followChain(key, { workspaceId, before: EMPTY_CHAIN, links: links.with(at, changed) });
        expect(broken).toEqual({ reason: 'changed', seq: at + 1, entryId: changed.id });
      }),
    );
  });

  it('does not hold with an entry taken away, put in, or two exchanged, renumbered or not', () => {
    fc.assert(
      fc.property(entries, entry, fc.nat(), fc.boolean(), (items, other, place, isRenumbered) => {
        const links = chain(items);
        const head = links.at(-1)!;
        const at = place % links.length;
        const next = (at + 1) % links.length;
        const number = (list: StoredLink[]) => (isRenumbered ? list.map((l, i) => ({ ...l, seq: i + 1 })) : list);
        const exchanged = links.with(at, links[next]!).with(next, links[at]!);
        const forged = { ...other, seq: at + 1, hash: randomBytes(32) };
        for (const list of [links.toSpliced(at, 1), exchanged, links.toSpliced(at, 0, forged)]) {
          expect(holds(number(list), head)).toBe(false);
        }
      }),
    );
  });

  it('cannot be written anew without the key', () => {
    const links = chain([
      { id: 'a', atUs: '1', actorKind: 'system', actorId: 'x', ip: null, action: 'a.b', subject: null, detail: null },
    ]);
    const { broken } = followChain(randomBytes(32), { workspaceId, before: EMPTY_CHAIN, links });
    expect(broken?.seq).toBe(1);
  });
});
