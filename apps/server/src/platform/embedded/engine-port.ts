import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A free loopback port, the same as last time if nobody took it meanwhile: processes that joined find the engine again. */
export async function stablePort(dataDir: string, engine: string): Promise<number> {
  const path = join(dataDir, `${engine}.port`);
  const port = (await tryPort(readPort(path))) ?? (await tryPort(0));
  if (port === undefined) throw new Error(`no free port on 127.0.0.1 for ${engine}`);
  writeFileSync(path, String(port));
  return port;
}

function readPort(path: string): number {
  try {
    const port = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });
}
