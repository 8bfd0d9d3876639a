import { gzipSync } from 'node:zlib';
import { propertyRuns } from '@segue/testkit/property-runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type FeedRow, readFeedRows } from './read-feed-rows.ts';
import { decode, unpack } from './unpack.ts';

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function rowsOf(bytes: Buffer, sizes: readonly number[]): Promise<FeedRow[]> {
  const rows: FeedRow[] = [];
  for await (const row of readFeedRows(decode(unpack(chunksOf(bytes, sizes)), undefined))) rows.push(row);
  return rows;
}

// No spaces around it: cells are trimmed. Not all of it is ASCII.
const cell = fc.stringMatching(/^[a-z<>&;,"'\n é🙂\]-]{0,12}$/u).map((text) => `x${text}x`);
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
const table = fc.array(fc.record({ id: cell, title: cell }), { minLength: 1, maxLength: 8 });

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const cdata = (text: string): string => `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

it('a feed in CSV is the same rows, wherever the network cuts it, packed or not', async () => {
  await fc.assert(
    fc.asyncProperty(table, sizes, fc.boolean(), async (rows, cuts, isPacked) => {
      const lines = rows.map(({ id, title }) => `${quoted(id)},${quoted(title)}`);
      const bytes = Buffer.from(['id,title', ...lines].join('\r\n'));
      const read = await rowsOf(isPacked ? gzipSync(bytes) : bytes, cuts);
      expect(read).toEqual(rows.map((cells, at) => ({ kind: 'row', place: at + 1, cells })));
    }),
    { numRuns: propertyRuns(150) },
  );
});

it('a feed in RSS or Atom is the same rows, wherever it is cut and whatever its comments and CDATA hold', async () => {
  await fc.assert(
    fc.asyncProperty(table, sizes, fc.boolean(), async (rows, cuts, isAtom) => {
      const [root, name] = isAtom ? ['feed', 'entry'] : ['rss', 'item'];
      const items = rows.map(
        ({ id, title }) =>
          `<!-- <${name}> --><${name} a="b"><id>${escaped(id)}</id><!-- </${name}> --><title>${cdata(`</${name}>${title}`)}</title></${name}>`,
      );
      const text = `<?xml version="1.0"?><${root}><title>é<![CDATA[<${name}>]]></title>${items.join('\n')}</${root}>`;
      const read = await rowsOf(Buffer.from(text), cuts);
      const told = rows.map(({ id, title }) => ({ id, title: `</${name}>${title}` }));
      expect(read).toEqual(told.map((cells, at) => ({ kind: 'row', place: at + 1, cells })));
    }),
    { numRuns: propertyRuns(150) },
  );
});
