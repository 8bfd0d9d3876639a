import { describe, expect, it } from 'vitest';
import { IdentifierReader } from '../../profiles/index.ts';
import { readListCsv } from './read-list-csv.ts';
import { readListRow } from './read-list-row.ts';

describe('a list as CSV', () => {
  it('is read as spreadsheets write it', () => {
    expect(readListCsv('\uFEFFidentifier;note\r\n"userId:7";"a; ""b"""\r\n\r\nada@example.com\r\n')).toEqual({
      kind: 'rows',
      rows: [{ identifier: 'userId:7', note: 'a; "b"' }, { identifier: 'ada@example.com' }],
    });
  });

  it('that cannot be read says at which line', () => {
    expect(readListCsv('identifier\n"userId:7\nuserId:8')).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/line \d/),
    });
    expect(readListCsv('identifier\na,b,c\n')).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('line 2'),
    });
    expect(readListCsv('')).toMatchObject({ kind: 'refused' });
  });
});

describe('a row of a list', () => {
  const reader = new IdentifierReader();

  it('names somebody by a kind and a value, or by a bare mail address', () => {
    expect(readListRow({ identifier: 'userId:7' }, reader)).toMatchObject({
      identifier: { kind: 'userId', value: '7' },
    });
    expect(readListRow({ identifier: ' Ada@Example.com ' }, reader)).toMatchObject({
      identifier: { kind: 'email', value: 'ada@example.com' },
    });
  });

  it('that names nobody says what to write', () => {
    for (const row of [{}, { identifier: 7 }, 'x', { identifier: 'shoe:42' }, { identifier: 'nobody' }]) {
      expect(readListRow(row, reader)).toMatchObject({ kind: 'wrong', faults: [{ field: 'identifier' }] });
    }
  });
});
