import fc from 'fast-check';
import { propertyRuns } from '@segue/testkit/property-runs';
import { expect, it } from 'vitest';
import { CsvRows, UnreadableFile } from './csv-rows.ts';

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

function read(text: string, cuts: readonly number[]): string[][] {
  const rows = new CsvRows();
  const found: string[][] = [];
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b).filter((one) => one <= text.length)) {
    for (const { cells } of rows.push(text.slice(from, cut), false)) found.push([...cells]);
    from = cut;
  }
  for (const { cells } of rows.push(text.slice(from), true)) found.push([...cells]);
  return found;
}

it('cells come back as they were written, whatever they hold and wherever the stream cuts the file', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', ';', '\n', '\r', ' ', '7') });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(table, fc.array(fc.nat(200)), fc.constantFrom('\n', '\r\n'), (rows, cuts, end) => {
      const header = ['a', 'b', 'c', 'd'];
      const text = [header, ...rows].map((row) => row.map(quoted).join(',')).join(end);
      expect(read(text, cuts)).toEqual([header, ...rows]);
    }),
    { numRuns: propertyRuns(300) },
  );
});

it('the delimiter is the one of the first line; a byte order mark and empty lines are nothing', () => {
  expect(read('\uFEFFa;b\n1;2\n\n3;4', [])).toEqual([
    ['a', 'b'],
    ['1', '2'],
    ['3', '4'],
  ]);
  expect(read('a\tb\r\n1\t2\r\n', [1, 5])).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ]);
});

it('rows know the line they begin at, and a quote that is never closed is named by it', () => {
  const rows = new CsvRows();
  expect([...rows.push('a,b\n"x\ny",1\nz,2\n', false)].map(({ line }) => line)).toEqual([1, 2, 4]);
  expect(() => [...rows.push('"open', true)]).toThrow(UnreadableFile);
});
