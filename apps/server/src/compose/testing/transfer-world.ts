import type { Import } from '@segue/contract';
import { API_KEY, createEngines, type Engines, openWorld, type World } from '../../modules/events/testing/world.ts';
import { ensureDefaultTopics } from '../../modules/consent/index.ts';
import { runImports } from '../../modules/transfers/index.ts';

export interface Answered<T> {
  readonly status: number;
  readonly body: T;
  readonly text: string;
  readonly bytes: Buffer;
}

type Method = 'GET' | 'POST' | 'DELETE' | 'HEAD';

/** A shop of its own, its API over HTTP, and its imports run by hand. */
export interface TransferWorld {
  readonly world: World;
  /** May do everything. */
  readonly apiKey: string;
  call<T>(method: Method, path: string, body?: unknown): Promise<Answered<T>>;
  /** Creates an import and uploads its file in pieces of so many bytes. */
  upload(
    wish: { kind: string; format?: string; options?: object; mapping?: object },
    file: string | Buffer,
    pieceBytes?: number,
  ): Promise<string>;
  /** Starts it, runs it to its end, and lets everything be processed. */
  run(id: string, wish?: object): Promise<Import>;
  /** Runs one that was started to its end. */
  runStarted(id: string): Promise<Import>;
  /** Creates an import of a file and runs it. */
  importFile(
    wish: { kind: string; format?: string; options?: object; mapping?: object },
    file: string,
  ): Promise<Import>;
  /** The bytes of an export. */
  exportFile(wish: object): Promise<Answered<unknown>>;
  close(): Promise<void>;
}

export async function openTransferWorld(): Promise<TransferWorld> {
  const engines: Engines = await createEngines();
  const world = await openWorld(engines);
  await world.services.postgres.transaction((sql) => ensureDefaultTopics(sql, world.ctx.workspaceId));
  world.work();
  const call = async <T>(method: Method, path: string, body?: unknown): Promise<Answered<T>> => {
    const isBytes = Buffer.isBuffer(body);
    const response = await world.http.inject({
      method,
      url: `/api/v1${path}`,
      headers: {
        authorization: `Bearer ${API_KEY}`,
        ...(body !== undefined && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body !== undefined && { payload: isBytes ? body : JSON.stringify(body) }),
    });
    const isJson =
      String(response.headers['content-type']).includes('json') &&
      !String(response.headers['content-type']).includes('ndjson');
    const parsed = (isJson ? response.json() : undefined) as T;
    return { status: response.statusCode, body: parsed, text: response.body, bytes: response.rawPayload };
  };
  const transfer: TransferWorld = {
    world,
    apiKey: API_KEY,
    call,
    async upload(wish, file, pieceBytes = 1_000_000) {
      const bytes = Buffer.from(file);
      const made = await call<Import>('POST', '/imports', { format: 'csv', name: 'file.csv', ...wish });
      if (made.status !== 201) throw new Error(`not created: ${made.text}`);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const piece = bytes.subarray(at, at + pieceBytes);
        const sent = await call('POST', `/imports/${made.body.id}/bytes?offset=${at}`, piece);
        if (sent.status !== 200) throw new Error(`not uploaded: ${sent.text}`);
      }
      return made.body.id;
    },
    async run(id, wish = {}) {
      const started = await call('POST', `/imports/${id}/start`, wish);
      if (started.status !== 202) throw new Error(`not started: ${started.text}`);
      return transfer.runStarted(id);
    },
    async runStarted(id) {
      const deps = { committer: world.committer, processId: world.processId };
      for (;;) {
        while ((await runImports(world.services, deps)) > 0);
        await world.settle();
        const { body } = await call<Import>('GET', `/imports/${id}`);
        // One with a list waits for its rows to be processed.
        if (body.state !== 'running') return body;
      }
    },
    async importFile(wish, file) {
      return transfer.run(await transfer.upload(wish, file));
    },
    async exportFile(wish) {
      const made = await call<{ id: string }>('POST', '/exports', wish);
      if (made.status !== 201) throw new Error(`not created: ${made.text}`);
      return call('GET', `/exports/${made.body.id}/file`);
    },
    async close() {
      await world.close();
      await engines.drop();
    },
  };
  return transfer;
}
