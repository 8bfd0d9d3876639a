import { describe, expect, it } from 'vitest';
import { readHead } from './detect-format.ts';
import { RECORD_BYTES_MAX, splitRecords } from './split-records.ts';

const split = (bytes: string | Buffer, delimiter: string | undefined = ',') =>
  splitRecords(Buffer.from(bytes), { delimiter, line: 1, isLast: true, recordsMax: 100 });

describe('a row that cannot be read', () => {
  it('is named by its line, and the next line is read', () => {
    const { records } = split('a,"never closed\nb,c\n"d"x,e\nf,g');
    expect(
      records.map(({ line, fault, cells }) => [line, fault === undefined ? cells.join() : fault.split(';')[0]]),
    ).toEqual([
      [1, 'has letters after a closing quote'],
      [2, 'b,c'],
      [3, 'has letters after a closing quote'],
      [4, 'f,g'],
    ]);
  });

  it('does not swallow the file behind a quote that is never closed', () => {
    const rows = Array.from({ length: RECORD_BYTES_MAX / 4 }, () => 'b,c');
    const { records } = splitRecords(Buffer.from(`a,"x\n${rows.join('\n')}\nd,"y"\n`), {
      ...{ delimiter: ',', line: 1, isLast: false, recordsMax: 3 },
    });
    expect(records.map(({ line, fault = '' }) => [line, fault.split(';')[0]])).toEqual([
      [1, 'opens a quote that is never closed'],
      [2, ''],
      [3, ''],
    ]);
  });

  it('is one longer than any row may be, once, however many windows its line goes through', () => {
    const file = Buffer.from(`a,b\n${'x'.repeat(RECORD_BYTES_MAX)}ü,"\nc,d\n"é\n`);
    const told: [number, string][] = [];
    for (let [at, line, isInside] = [0, 1, false]; at < file.length;) {
      const window = file.subarray(at, at + RECORD_BYTES_MAX + 6);
      const isLast = at + window.length === file.length;
      const split = splitRecords(window, { delimiter: ',', line, isLast, isInside, recordsMax: 100 });
      told.push(...split.records.map(({ line, fault = '' }): [number, string] => [line, fault.split(';')[0]!]));
      at += split.end;
      ({ line, isInside } = split);
    }
    expect(told).toEqual([
      [1, ''],
      [2, `is longer than ${RECORD_BYTES_MAX} bytes`],
      [3, ''],
      [4, 'opens a quote that is never closed'],
    ]);
  });

  it('is one longer than any row may be, though its end is there already', () => {
    const long = 'x'.repeat(RECORD_BYTES_MAX);
    expect(split(`${long}\n`, undefined).records[0]!.fault).toBeUndefined();
    expect(split(`${long}x\n`, undefined).records[0]!.fault).toContain('longer');
    expect(split(`a,${long}\n`).records[0]!.fault).toContain('longer');
    expect(split(`"${long}"\n`).records[0]!.fault).toContain('never closed');
  });

  it('is one whose letters are not UTF-8, alone', () => {
    const { records } = split(
      Buffer.concat([Buffer.from('a,b\n'), Buffer.from('ü,b\n', 'latin1'), Buffer.from('ü,c\n')]),
    );
    expect(records.map(({ fault }) => fault?.includes('UTF-8') ?? false)).toEqual([false, true, false]);
  });
});

it('lines are counted through blank lines, and breaks inside quotes', () => {
  const { records } = split('a\r\n\r\n"b\r\nb"\r\n  \nc');
  expect(records.map(({ line, cells }) => [line, cells[0]])).toEqual([
    [1, 'a'],
    [3, 'b\r\nb'],
    [6, 'c'],
  ]);
});

describe('the head of a file', () => {
  const head = (text: string | Buffer) => readHead(Buffer.from(text), { format: 'csv', isLast: true });

  it.each([
    ['a,b;c,d\n', ','],
    ['a;b,c;d\n', ';'],
    ['a\tb\n', '\t'],
    ['"x;y;z",b\n', ','],
    ['email\n', ','],
  ])('%j is parted by %j', (text, delimiter) => {
    expect(head(text)).toMatchObject({ kind: 'head', delimiter });
  });

  it('is read behind a byte order mark', () => {
    expect(head('\uFEFFemail,name\nx,y')).toMatchObject({ names: ['email', 'name'], place: 14, line: 2 });
  });

  it.each([
    [Buffer.from('email,name\n', 'utf16le'), 'not text'],
    [Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('email\n', 'utf16le')]), 'UTF-16'],
    [Buffer.from('PK\u0003\u0004'), 'spreadsheet'],
    [Buffer.from('name,größe\nx,y\n', 'latin1'), 'not UTF-8'],
    [Buffer.from('name,b\nmüller,y\nmöller,z\n', 'latin1'), 'not UTF-8'],
    [Buffer.from('a,a\n'), 'two columns called "a"'],
    [Buffer.from(`${Array.from({ length: 2_000 }, (_, n) => `c${n}`).join(',')}\n`), 'has 2000 columns'],
    [Buffer.from(`${'c'.repeat(RECORD_BYTES_MAX + 1)}\na\n`), 'has a first row that is longer than'],
    [Buffer.from('a,,b\n'), 'no name for column 2'],
    [Buffer.from(''), 'is empty'],
  ])('%j is refused, with the remedy', (bytes, why) => {
    expect(head(bytes)).toMatchObject({ kind: 'refused', message: expect.stringContaining(why) as string });
  });
});
