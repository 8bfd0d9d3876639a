import { describe, expect, it } from 'vitest';
import { judgeMemory, judgeOpenFiles, judgeProxy, judgeRoom } from './examine-host.ts';
import { judgeVersion } from './examine-history.ts';
import { judgeServer, judgeSkew } from './examine-postgres.ts';
import { judgeLag } from './examine-work.ts';

describe('what cannot be staged is judged by numbers', () => {
  const GB = 1024 ** 3;
  const HTTPS = 'https://shop.example';
  const facts = {
    ...{ version: '16.1', versionNumber: 160_001, nowMs: 0, fsync: 'on' },
    ...{ connectionsMax: 100, connectionsUsed: 10 },
  };
  it.each([
    ['room', judgeRoom('/d', 0.5 * GB), 'fail'],
    ['room', judgeRoom('/d', 3 * GB), 'warn'],
    ['room', judgeRoom('/d', 30 * GB), 'ok'],
    ['memory', judgeMemory(GB, true), 'fail'],
    ['memory', judgeMemory(2 * GB, true), 'warn'],
    ['memory', judgeMemory(2 * GB, false), 'ok'],
    ['open files', judgeOpenFiles(256), 'fail'],
    ['open files', judgeOpenFiles(1_024), 'warn'],
    ['open files', judgeOpenFiles(undefined), 'ok'],
    ['https that no proxy is believed for', judgeProxy({ publicUrl: HTTPS, trustProxy: undefined }), 'warn'],
    ['https behind a proxy that is believed', judgeProxy({ publicUrl: HTTPS, trustProxy: () => true }), 'ok'],
    ['http without a proxy', judgeProxy({ publicUrl: 'http://shop.example', trustProxy: undefined }), 'ok'],
    ['an old PostgreSQL', judgeServer({ ...facts, versionNumber: 140_009 }), 'fail'],
    ['few connections', judgeServer({ ...facts, connectionsUsed: 90 }), 'warn'],
    ['a PostgreSQL', judgeServer(facts), 'ok'],
    ['a clock', judgeSkew(-31_000), 'fail'],
    ['an old ClickHouse', judgeVersion('22.8.1.1'), 'fail'],
    ['an older ClickHouse', judgeVersion('24.3.2.1'), 'warn'],
    ['a ClickHouse', judgeVersion('25.8.2.1'), 'ok'],
    ['a reader', judgeLag({ reader: 'archive', events: 9, seconds: 30 }, 1), 'ok'],
    ['a slow reader', judgeLag({ reader: 'archive', events: 9, seconds: 90 }, 1), 'warn'],
  ] as const)('%s: %j is %s', (_what, { status, remedy }, expected) => {
    expect(status).toBe(expected);
    expect(remedy === undefined).toBe(expected === 'ok');
  });
});
