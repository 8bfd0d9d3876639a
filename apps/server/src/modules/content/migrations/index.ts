import type { Migration } from '../../../platform/postgres/index.ts';
import createTemplates from './20261122T1040_create-templates.sql?raw';

export const contentMigrations: readonly Migration[] = [{ id: '20261122T1040_create-templates', sql: createTemplates }];
