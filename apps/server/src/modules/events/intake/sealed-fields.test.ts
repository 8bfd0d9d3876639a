import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SEALED_FIELDS } from './personal-fields.ts';

const manual = readFileSync(new URL('../../../../../../docs/privacy.md', import.meta.url), 'utf8');

describe('the manual of privacy', () => {
  it.each(Object.entries(SEALED_FIELDS))('lists exactly the fields that are sealed: %s', (title, fields) => {
    const paragraph = manual.split('\n\n').find((text) => text.startsWith(`**${title}:**`)) ?? '';
    const listed = [...paragraph.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    expect(listed).toEqual([...fields]);
  });
});
