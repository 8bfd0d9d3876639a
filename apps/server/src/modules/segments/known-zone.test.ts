import { expect, it } from 'vitest';
import { knownZone } from './known-zone.ts';

it('takes a zone that is one, and nothing else, for a zone', () => {
  for (const zone of ['Europe/Berlin', 'UTC', 'America/New_York']) expect(knownZone(zone)).toBe(zone);
  for (const other of ['', 'Mars/Olympus', 'x'.repeat(65), 1, null, undefined, ['UTC']]) {
    expect(knownZone(other)).toBeUndefined();
  }
});
