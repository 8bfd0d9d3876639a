import { inject } from 'vitest';

/** The engines of this test run, handed to every test file. */
export interface TestEngines {
  /** Some database of the server, to create others from. */
  readonly postgresUrl: string;
  readonly clickhouseUrl: string;
  /** Begins the name of every database of this run, so that they can be told from other runs' on one server. */
  readonly prefix: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    segueEngines: TestEngines;
  }
}

export const testEngines = (): TestEngines => inject('segueEngines');
