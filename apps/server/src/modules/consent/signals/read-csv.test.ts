import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from './read-csv.ts';

describe('a CSV', () => {
  it('is read as spreadsheets write it', () => {
    const text = '\uFEFFa;b;c\r\n1;"x;y\r\n""z""";\r\n\r\n;2;3';
    expect(readCsv(text)).toEqual({
      kind: 'rows',
      rows: [
        { a: '1', b: 'x;y\r\n"z"' },
        { b: '2', c: '3' },
      ],
    });
  });

  it('without a proper head, or with more cells than columns, is refused', () => {
    expect(readCsv('')).toMatchObject({ kind: 'refused' });
    expect(readCsv('a,a\n1,2')).toMatchObject({ kind: 'refused' });
    expect(readCsv('a,b\n1,2\n1,2,3')).toMatchObject({ kind: 'refused', message: expect.stringContaining('row 2') });
  });

  it('says what was written into it, whatever that is', () => {
    const cell = fc
      .string()
      .map((text) => text.trim())
      .filter((text) => text !== '');
    fc.assert(
      fc.property(fc.array(fc.record({ a: cell, b: cell }), { minLength: 1 }), (rows) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const text = ['a,b', ...rows.map((row) => `${quoted(row.a)},${quoted(row.b)}`)].join('\n');
        expect(readCsv(text)).toEqual({ kind: 'rows', rows });
      }),
    );
  });
});
