import { expect, it } from 'vitest';
import { finalOwners } from './final-owners.ts';
import { Subject } from './subject.ts';

it('a subject merged along a chain ends up with the one that remains', () => {
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((id) => new Subject(id)) as [
    Subject,
    Subject,
    Subject,
    Subject,
    Subject,
  ];
  const merges = [
    { from: a, into: b },
    { from: d, into: e },
    { from: b, into: c },
  ];
  expect(finalOwners(merges)).toEqual(
    new Map([
      ['b', 'c'],
      ['d', 'e'],
      ['a', 'c'],
    ]),
  );
});
