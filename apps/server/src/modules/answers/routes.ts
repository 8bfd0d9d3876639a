import { api } from '@segue/contract';
import type { Routes } from '../../platform/http/index.ts';
import { requireProfileId } from '../profiles/index.ts';
import { readAnswers } from './read-answers.ts';

/** The profile as an answer. `senders`: the channels Segue can send on. */
export function createAnswerRoutes(senders: readonly string[]): Routes {
  return (serve) => {
    serve(api.getAnswers, async ({ ctx, params, query }) => {
      const profileId = await requireProfileId(ctx, params.id);
      const asked = [
        ...(query.product ?? []).map((id) => ({ kind: 'product' as const, id })),
        ...(query.variant ?? []).map((id) => ({ kind: 'variant' as const, id })),
      ];
      return readAnswers(ctx, { profileId, asked, senders });
    });
  };
}
