import { describe, expect, it } from 'vitest';

import { Subject } from '../../platform/eventlog/index.ts';
import { changedDerivedTraits, setDerivedTraits } from './derived-traits.ts';
import { newProfileState, profileSection } from './profile-section.ts';
import { clearTraits } from './read-profile.ts';

function profileOf(traits: Record<string, string>): Subject {
  const subject = new Subject('s1');
  const timed = Object.fromEntries(
    Object.entries(traits).map(([name, value]) => [name, [value, 1] as [string, number]]),
  );
  subject.set(profileSection, { ...newProfileState([[10, 1]], 1), traits: timed });
  return new Subject('s1', subject.encode());
}

describe('derived traits', () => {
  it('stand before what was said under the same name, which shows again once they are taken away', () => {
    const subject = profileOf({ device: 'said', plan: 'gold' });
    setDerivedTraits(subject, { device: { class: 'mobile' }, session_count: 2 });
    expect(clearTraits(subject)).toEqual({ device: { class: 'mobile' }, plan: 'gold', session_count: 2 });
    setDerivedTraits(subject, { device: null, session_count: null });
    expect(clearTraits(subject)).toEqual({ device: 'said', plan: 'gold' });
    expect(subject.get(profileSection)).not.toHaveProperty('derived');
  });

  it('of others stay as they are', () => {
    const subject = profileOf({});
    setDerivedTraits(subject, { session_count: 2 });
    setDerivedTraits(subject, { company_ids: ['cmp_1'] });
    expect(clearTraits(subject)).toEqual({ session_count: 2, company_ids: ['cmp_1'] });
  });

  it('are news only when they change, and then the profile is written', () => {
    const subject = profileOf({});
    setDerivedTraits(subject, { session_count: 2 });
    expect([subject.dirty, changedDerivedTraits(subject).size > 0]).toEqual([true, true]);
    const again = new Subject('s1', subject.encode());
    setDerivedTraits(again, { session_count: 2, device: null });
    expect([again.dirty, changedDerivedTraits(again).size > 0]).toEqual([false, false]);
  });
});
