import { describe, expect, it } from 'vitest';
import { exportFile, importFile, presentError, readExportArgs, readImportArgs } from './transfer.mjs';

describe('segue import', () => {
  it('reads mappings, defaults and how the file is to be read', () => {
    const argv = [
      'a=b.ndjson',
      '--kind',
      'consents',
      '--map',
      'E=Mail=identifier',
      '--default',
      'channel=email',
      '--date-order',
      'dmy',
    ];
    expect(readImportArgs(argv)).toMatchObject({
      path: 'a=b.ndjson',
      dryRun: false,
      body: {
        kind: 'consents',
        format: 'ndjson',
        mapping: [{ column: 'E=Mail', to: 'identifier' }],
        options: { dateOrder: 'dmy', defaults: { channel: 'email' } },
      },
    });
  });

  it.each([
    [[], 'name one file'],
    [['a.csv'], 'what it holds'],
    [['a.csv', '--kind', 'cats'], 'what it holds'],
    [['a.csv', '--kind', 'profiles', '--map', 'nothing'], 'name=value'],
    [['a.csv', '--kind', 'events', '--list', 'Fair'], '--list belongs to'],
  ])('%j is called wrong, and says so', (argv, why) => {
    expect(() => readImportArgs(argv)).toThrow(why);
  });

  it('ends with 2 when it was called wrong, or without a key', async () => {
    expect(await importFile({}, ['--what'])).toBe(2);
    expect(await importFile({}, ['a.csv', '--kind', 'profiles'])).toBe(2);
    expect(await exportFile({ SEGUE_API_KEY: 'k' }, [])).toBe(2);
  });

  it('reads the list profiles are put on', () => {
    const { body } = readImportArgs(['a.csv', '--kind', 'profiles', '--list', 'Fair in May']);
    expect(body.options).toEqual({ list: 'Fair in May' });
  });

  it('names a bad row by its line', () => {
    expect(presentError({ line: 7, column: 'total', message: 'is no number' })).toBe('line 7: total is no number');
    expect(presentError({ line: 7, column: '', message: 'is no JSON' })).toBe('line 7: the row is no JSON');
  });
});

it('segue export writes to a file called after what it holds', () => {
  expect(readExportArgs(['--what', 'orders', '--format', 'parquet', '--columns', 'email,total'])).toEqual({
    out: 'orders.parquet',
    body: { what: 'orders', format: 'parquet', columns: ['email', 'total'] },
  });
});
