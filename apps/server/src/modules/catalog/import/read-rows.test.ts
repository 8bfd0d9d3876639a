import { describe, expect, it } from 'vitest';
import { readFeed } from './read-feed.ts';
import { readProductRows } from './read-rows.ts';

describe('a product feed', () => {
  it('makes one product of the rows of one group, with its reduced price and its options', () => {
    const read = readProductRows(
      [
        {
          id: '1',
          item_group_id: 'tee',
          title: 'Tee',
          price: '19.99 EUR',
          sale_price: '15 EUR',
          size: 'M',
          gtin: '0401',
        },
        { id: '2', item_group_id: 'tee', title: 'Tee', price: '19.99 EUR', size: 'L' },
      ],
      'feed:summer',
    );
    expect(read.faults).toEqual([]);
    expect(read.products).toMatchObject([
      {
        ref: { source: 'feed:summer', id: 'tee' },
        options: [{ name: 'size', values: ['M', 'L'] }],
        variants: [
          {
            ref: { id: '1' },
            barcode: '0401',
            title: 'M',
            prices: [{ amountMinor: 1500, compareAtMinor: 1999, currency: 'EUR' }],
          },
          { ref: { id: '2' }, title: 'L', prices: [{ amountMinor: 1999, currency: 'EUR' }] },
        ],
      },
    ]);
  });

  it('takes good rows though others are not, and tells row and field of these', () => {
    const read = readProductRows(
      [{ id: '1', title: 'A', price: 'cheap' }, { title: 'B' }, { ID: '3', Title: 'C' }, { id: '3', title: 'D' }],
      'feed:x',
    );
    expect(read.products.map(({ title }) => title)).toEqual(['C']);
    expect(read.failed).toBe(3);
    expect(read.faults).toMatchObject([
      { row: 1, field: 'price' },
      { row: 2, field: 'id' },
      { row: 4, field: 'id' },
    ]);
  });

  it('is read from RSS and Atom, whatever its prefixes', () => {
    const rss = `<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
      <item><g:id>007</g:id><title>Salt &amp; pepper</title><g:price>5.00 EUR</g:price>
      <g:additional_image_link>https://shop.example/a</g:additional_image_link>
      <g:additional_image_link>https://shop.example/b</g:additional_image_link></item></channel></rss>`;
    expect(readFeed(rss)).toEqual({
      kind: 'rows',
      rows: [
        {
          ...{ id: '007', title: 'Salt & pepper', price: '5.00 EUR' },
          additional_image_link: 'https://shop.example/a,https://shop.example/b',
        },
      ],
    });
    expect(readFeed('<feed><entry><id>1</id><title>A</title></entry></feed>')).toMatchObject({ kind: 'rows' });
  });

  it('that is broken, or brings entities of its own, is refused with the reason', () => {
    expect(readFeed('<rss><channel>')).toMatchObject({ kind: 'refused' });
    expect(readFeed('<!DOCTYPE x [<!ENTITY a "b">]><rss/>')).toMatchObject({ kind: 'refused' });
    expect(readFeed('<rss><channel></channel></rss>')).toMatchObject({ kind: 'refused' });
  });
});
