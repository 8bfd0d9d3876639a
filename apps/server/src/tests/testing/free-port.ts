import { createServer, type AddressInfo } from 'node:net';

/** A port on loopback nobody listens on now. */
export async function freePort(): Promise<number> {
  return (await listenOnce(0)) ?? freePort();
}

/** A free port whose next one is free too. */
export async function freePortPair(): Promise<number> {
  const port = await freePort();
  return port < 65_535 && (await listenOnce(port + 1)) !== undefined ? port : freePortPair();
}

/** The port it could listen on; undefined: somebody else does. */
async function listenOnce(wanted: number): Promise<number | undefined> {
  const server = createServer();
  const isOpen = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(wanted, '127.0.0.1', () => resolve(true));
  });
  if (!isOpen) return undefined;
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
