import { describe, expect, it } from 'vitest';
import { readCodeCsv, readCodeLines, readCodeRows } from './read-code-rows.ts';
import { cell } from './write-code-file.ts';

describe('a file of codes', () => {
  it('is read with commas, semicolons or tabs, with a byte order mark and names in any case', () => {
    for (const between of [',', ';', '\t']) {
      const text = `\ufeffCode${between}Recipient\r\nA-1${between}\r\n"B-2"${between}email:ada@customer.example\r\n`;
      expect(readCodeCsv(text)).toEqual({
        kind: 'rows',
        rows: [
          { code: 'A-1', recipient: '' },
          { code: 'B-2', recipient: 'email:ada@customer.example' },
        ],
      });
    }
    expect(readCodeCsv('code\n')).toMatchObject({ kind: 'refused' });
    expect(readCodeCsv('code\n"A')).toMatchObject({ kind: 'refused' });
  });

  it('of JSON lines names the line that is none', () => {
    expect(readCodeLines('{"code":"A"}\n\n{"code":7}\n')).toEqual({ kind: 'rows', rows: [{ code: 'A' }, { code: 7 }] });
    expect(readCodeLines('{"code":"A"}\n[1]')).toEqual({ kind: 'refused', message: 'holds no JSON object in line 2' });
  });

  it('is taken row by row: what is wrong with one is said of it', () => {
    const { read, faults } = readCodeRows([
      { code: ' abc-1 ' },
      { code: 123_456 },
      { code: '--' },
      { code: 'A'.repeat(65) },
      { code: 'ABC1' },
      { code: 'XYZ', recipient: 7 },
      { other: 1 },
    ]);
    expect(read).toEqual([
      { line: 1, code: 'abc-1', normalised: 'ABC1', recipient: undefined },
      { line: 2, code: '123456', normalised: '123456', recipient: undefined },
    ]);
    expect(faults.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7]);
    expect(faults[2]?.message).toBe('repeats the code of line 1; leave one out');
  });

  it('that is exported runs nothing in a spreadsheet', () => {
    expect(['=1+1', 'A,B', 'say "hi"', 'PLAIN-1'].map(cell)).toEqual(["'=1+1", '"A,B"', '"say ""hi"""', 'PLAIN-1']);
  });
});
