import { expect, it } from 'vitest';
import { createTestDatabase } from '../../testkit/index.ts';
import { migratePostgres } from '../postgres/index.ts';
import { listDeadLetterRows } from './dead-letter-store.ts';
import { eventlogMigrations } from './migrations/index.ts';

it('dead letters that waited before their ids had an order are listed by when they failed', async () => {
  const at = eventlogMigrations.findIndex(({ id }) => id.endsWith('order-dead-letters'));
  const database = await createTestDatabase(eventlogMigrations.slice(0, at));
  await database.postgres.query({
    text: `insert into log_dead_letter (reader, log, lane, seq, workspace_id, line, error, failed_at)
           select 'processor', 0, 0, n, 1, '[]', 'e', timestamptz '2026-11-22T09:00:00.123Z' + ((n * 7) % 20) * interval '1 minute'
           from generate_series(1, 20) n`,
  });
  await migratePostgres(database.postgres, eventlogMigrations);
  const rows = await listDeadLetterRows(database.postgres, 1, { filter: {}, beforeId: undefined, limit: 100 });
  const instants = rows.map((row) => row.failed_at.getTime());
  expect(instants).toHaveLength(20);
  expect(instants).toEqual([...instants].sort((a, b) => b - a));
  for (const { id, failed_at: failedAt } of rows) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(failedAt.getTime());
  }
  await database.drop();
});
