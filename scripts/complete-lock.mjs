// `npm ci` refuses a lockfile that misses an optional package for another platform, and npm writes such a lockfile when
// the registry it used does not carry that platform. Run this after changing dependencies: it adds what is missing, under
// the version and platform its parent names.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
  'windows',
];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];

/** What a name such as `@oxlint/binding-linux-arm64-musl` says about its platform, in the lockfile's words. */
export function platformOf(name) {
  const words = name.split(/[^a-z0-9]+/i);
  const system = systems.find((one) => words.includes(one));
  const processor = processors.find((one) => words.includes(one));
  if (!system || !processor) return undefined;
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  const isLinux = system === 'linux' && words.some((word) => /^(musl|gnu)/.test(word));
  return { cpu: [processor], os: [system === 'windows' ? 'win32' : system], ...(isLinux && { libc: [libc] }) };
}

/** Adds the optional platform packages the lockfile names but does not hold; returns their names. */
export function completeLock(lock) {
  const added = [];
  for (const [parentPath, parent] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const platform = platformOf(name);
      const isHeld = lock.packages[`node_modules/${name}`] ?? lock.packages[`${parentPath}/node_modules/${name}`];
      if (isHeld || !platform || !/^\d/.test(version)) continue;
      lock.packages[`node_modules/${name}`] = {
        version,
        ...(parent.dev && { dev: true }),
        optional: true,
        ...platform,
      };
      added.push(`${name}@${version}`);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  return added;
}

if (process.argv[1] === import.meta.filename) {
  const file = resolve(process.argv[2] ?? 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const added = completeLock(lock);
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`${added.length} optional packages added to ${file}`);
}
