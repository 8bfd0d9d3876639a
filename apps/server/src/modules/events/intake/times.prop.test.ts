import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { propertyRuns } from '@segue/testkit/property-runs';
import { occurredAtMs, parseInstant } from './times.ts';

const receivedAtMs = Date.UTC(2026, 10, 22, 9);
const instant = fc.integer({ min: 0, max: receivedAtMs });
const iso = (ms: number) => new Date(ms).toISOString();

describe('when an event occurred', () => {
  it('is receivedAt − (sentAt − timestamp): the same whatever the sender’s clock shows', () => {
    fc.assert(
      fc.property(instant, fc.nat(3_600_000), fc.integer({ min: -1e12, max: 1e12 }), (sentMs, agoMs, skewMs) => {
        const onSendersClock = (ms: number) => iso(ms + skewMs);
        const occurred = occurredAtMs({
          timestamp: onSendersClock(sentMs - agoMs),
          sentAt: onSendersClock(sentMs),
          receivedAtMs,
        });
        expect(occurred).toBe(receivedAtMs - agoMs);
      }),
    );
  });

  it('is a whole millisecond from 1970 to its receipt, whatever was sent', () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.double(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.constantFrom(
        '+275760-09-13T00:00:00Z',
        '-271821-04-20T00:00:00Z',
        '2400-01-01T00:00:00Z',
        '1970-01-01',
        8.64e15,
        -8.64e15,
        '',
        'Product 12',
        '99-99-99',
      ),
    );
    fc.assert(
      fc.property(anything, anything, (timestamp, sentAt) => {
        const occurred = occurredAtMs({ timestamp, sentAt, receivedAtMs });
        expect(Number.isSafeInteger(occurred) && occurred >= 0 && occurred <= receivedAtMs).toBe(true);
      }),
      { numRuns: propertyRuns(1_000) },
    );
  });

  it('is the timestamp itself when it is not known when it was sent, and the receipt when nothing is known', () => {
    const timestamp = receivedAtMs - 5_000;
    expect(occurredAtMs({ timestamp: iso(timestamp), sentAt: undefined, receivedAtMs })).toBe(timestamp);
    expect(occurredAtMs({ timestamp: iso(timestamp), sentAt: 'soon', receivedAtMs })).toBe(timestamp);
    for (const none of [undefined, null, '', 'yesterday', 'Product 12', '12', [], {}, true]) {
      expect(occurredAtMs({ timestamp: none, sentAt: iso(timestamp), receivedAtMs })).toBe(receivedAtMs);
    }
  });

  it('is read the same in every way ISO 8601 is written, in UTC where no zone is named', () => {
    const expected = Date.UTC(2026, 10, 22, 7, 30, 15, 123);
    for (const text of [
      '2026-11-22T07:30:15.123Z',
      '2026-11-22T07:30:15.123',
      '2026-11-22 07:30:15.123',
      '2026-11-22 07:30:15.123 UTC',
      '2026-11-22T07:30:15.123456Z',
      '2026-11-22T08:30:15.123+01:00',
      '2026-11-22T08:30:15.123+0100',
      '2026-11-22 08:30:15.123+01:00',
      '2026-11-22 08:30:15.123 +0100',
      '2026-11-22T02:30:15.123-05:00',
    ]) {
      expect(parseInstant(text), text).toBe(expected);
    }
    expect(parseInstant('2026-11-22')).toBe(Date.UTC(2026, 10, 22));
  });
});
