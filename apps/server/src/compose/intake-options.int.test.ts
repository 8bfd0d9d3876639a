import { expect, it } from 'vitest';
import { readConfig } from '../platform/config/index.ts';
import { readIntakeOptions } from './intake-options.ts';

it('a database of addresses that cannot be read stops the start and is named', async () => {
  const config = readConfig({ SEGUE_GEOIP_DB: import.meta.filename });
  await expect(readIntakeOptions(config)).rejects.toThrow('SEGUE_GEOIP_DB: cannot be read');
  await expect(readIntakeOptions({ ...config, geoIpDb: '/nowhere.mmdb' })).rejects.toThrow('SEGUE_GEOIP_DB');
});

it('without configuration no proxy is believed, browsers are told the host they asked, and the rate is generous', async () => {
  expect(await readIntakeOptions(readConfig({}))).toEqual({
    trustProxy: undefined,
    intake: { publicUrl: undefined, eventsPerSecondMax: 50_000, locate: undefined },
  });
});
