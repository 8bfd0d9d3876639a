import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { completeLock, platformOf } from './complete-lock.mjs';

test('the lockfile holds every platform, so that npm ci takes it anywhere', () => {
  const lock = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package-lock.json'), 'utf8'));
  expect(completeLock(lock), 'run: npm run lockfile').toEqual([]);
});

test('a missing platform is added under its parent’s version, and one that is held is not touched', () => {
  const held = { version: '1.0.0', integrity: 'sha512-x', optional: true };
  const lock = {
    packages: {
      'node_modules/lint': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@lint/linux-x64-gnu': '1.0.0', '@lint/darwin-arm64': '1.0.0', 'pg-native': '>=3' },
      },
      'node_modules/@lint/linux-x64-gnu': held,
    },
  };
  expect(completeLock(lock)).toEqual(['@lint/darwin-arm64@1.0.0']);
  expect(lock.packages).toMatchObject({
    'node_modules/@lint/linux-x64-gnu': held,
    'node_modules/@lint/darwin-arm64': { version: '1.0.0', dev: true, optional: true, os: ['darwin'], cpu: ['arm64'] },
  });
});

test.each([
  ['@oxlint/binding-linux-arm64-musl', { os: ['linux'], cpu: ['arm64'], libc: ['musl'] }],
  ['@oxlint/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
  ['@oxlint/binding-win32-x64-msvc', { os: ['win32'], cpu: ['x64'] }],
  ['@oxlint/binding-android-arm-eabi', { os: ['android'], cpu: ['arm'] }],
  ['pg-native', undefined],
])('the platform of %s is read from its name', (name, platform) => {
  expect(platformOf(name)).toEqual(platform);
});
