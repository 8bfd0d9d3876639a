import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The repository's root; every step runs there. */
export const root = resolve(import.meta.dirname, '..');

/**
 * Runs one command to its end: `{ name, code, ms, output }`. With `live` it writes to this terminal as it goes, else
 * the output is kept for whoever needs it.
 */
export function runStep({ name, command, env = {}, live = false }) {
  const startedAt = performance.now();
  const [file, ...args] = command;
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd: root,
      env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}`, ...env },
      stdio: live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    const end = (code) =>
      done({ name, code, ms: performance.now() - startedAt, output: Buffer.concat(output).toString() });
    child.on('error', (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      end(127);
    });
    child.on('close', (code, signal) => end(code ?? `killed by ${signal}`));
  });
}

/** Runs the jobs (functions that return promises) with at most `atOnce` of them under way; results in the given order. */
export async function runJobs(jobs, atOnce) {
  const results = [];
  const waiting = jobs.map((job, place) => ({ job, place }));
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next.place] = await next.job();
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** One line per result: mark, name, seconds, and what it has to say. */
export function resultTable(results) {
  const width = Math.max(...results.map((result) => result.name.length));
  return results
    .map(({ name, code, ms, note }) => {
      const seconds = (ms / 1000).toFixed(1).padStart(7);
      return `  ${code === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(width)} ${seconds} s  ${note ?? ''}`.trimEnd();
    })
    .join('\n');
}
