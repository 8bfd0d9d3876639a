import { api } from '@segue/contract';
import type { Routes } from '../../platform/http/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { readReachability } from './read-reachability.ts';

/** Where a customer can be reached. `senders`: the channels Segue can send on. */
export function createReachabilityRoutes(senders: readonly string[]): Routes {
  return (serve) => {
    serve(api.getReachability, async ({ ctx, params }) =>
      readReachability(ctx, await requireProfileId(ctx, params.id), senders),
    );
  };
}
