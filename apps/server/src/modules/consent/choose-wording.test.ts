import { describe, expect, it } from 'vitest';
import { chooseWording } from './choose-wording.ts';
import { readableOn } from './public-page.ts';
import { WORDINGS } from './wording.data.ts';

describe('the wording of a page', () => {
  it('is the best of what the visitor asks for, else the brand’s, else English', () => {
    const of = (accept: string | undefined, brand = 'en') => chooseWording(accept, brand).language;
    expect(of('de-AT,de;q=0.9,en;q=0.5')).toBe('de');
    expect(of('it,fr;q=0.4,en;q=0.8')).toBe('en');
    expect(of('it;q=1, fr ; q=0.4')).toBe('fr');
    expect(of('de;q=0', 'fr-CA')).toBe('fr');
    expect(of(undefined, 'de')).toBe('de');
    expect(of('constructor, __proto__, *', 'xx')).toBe('en');
    expect(of(','.repeat(10_000))).toBe('en');
  });

  it('is there in every language, and names brand and topic where it asks', () => {
    for (const [language, wording] of Object.entries(WORDINGS)) {
      expect(Object.keys(wording), language).toEqual(Object.keys(WORDINGS.en!));
      expect(wording.confirmQuestion).toMatch(/\{brand\}.*\{topic\}/);
    }
  });
});

describe('the text on a button', () => {
  it('is readable on whatever colour the brand has', () => {
    expect(readableOn('#ffffff')).toBe('#000000');
    expect(readableOn('#ffd400')).toBe('#000000');
    expect(readableOn('#2f4f46')).toBe('#ffffff');
    expect(readableOn('#2F5D8C')).toBe('#ffffff');
  });
});
