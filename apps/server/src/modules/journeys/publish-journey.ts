import { findGraphFaults, type GraphFault, type JourneyGraph } from '@segue/contract';

import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { cutLanes, inTransaction } from '../../platform/eventlog/index.ts';
import { parsePublicId, publicId } from '../../platform/ids/index.ts';
import { recordAudit } from '../accounts/index.ts';
import { currentTemplateVersion } from '../content/index.ts';
import { listActiveSegments } from '../segments/index.ts';
import { insertVersion, saveState, type JourneyRow } from './journey-store.ts';
import { lockExisting, requireJourney } from './require-journey.ts';

/**
 * Makes the draft the version that runs start on, from this very place in every lane. Runs under way stay on theirs.
 * Publishing an unchanged draft makes no new version.
 */
export async function publishJourney(ctx: Ctx, id: string): Promise<JourneyRow> {
  return inTransaction(ctx, async (ctx) => {
    await cutLanes(ctx.sql);
    const journey = await lockExisting(ctx, id);
    const faults = [...findGraphFaults(journey.draft), ...(await findMissing(ctx, journey.draft))];
    if (faults.length > 0)
      throw new AppError('invalid', 'The draft cannot be published yet', { details: faults.map(inGraph) });
    const now = ctx.clock.now();
    const version = (await insertVersion(ctx.sql, ctx.workspaceId, { journeyId: id, now })) ?? journey.version;
    await saveState(ctx.sql, ctx.workspaceId, { id, state: 'published', version, now });
    await recordAudit(ctx, { action: 'journey.published', subject: publicId('jrn', id), detail: { version } });
    return requireJourney(ctx, id);
  });
}

function inGraph({ field, message }: GraphFault): GraphFault {
  return { field: `graph.${field}`, message };
}

/** Segments and templates the graph names and the workspace has not. */
export async function findMissing(ctx: Ctx, graph: JourneyGraph): Promise<GraphFault[]> {
  const named = namesIn(graph);
  const segments = named.some(({ kind }) => kind === 'seg') ? await listActiveSegments(ctx.sql, ctx.workspaceId) : [];
  const templateIds = named.flatMap(({ kind, id }) => (kind === 'tpl' ? (parsePublicId('tpl', id) ?? []) : []));
  const templates =
    templateIds.length > 0
      ? await currentTemplateVersion(ctx.sql, ctx.workspaceId, templateIds)
      : new Map<string, string>();
  const known = new Set([
    ...segments.map((segment) => publicId('seg', segment.id)),
    ...[...templates.keys()].map((templateId) => publicId('tpl', templateId)),
  ]);
  return named
    .filter(({ id }) => !known.has(id))
    .map(({ kind, id, field, place }) => ({
      field,
      message: `${place} names the ${kind === 'seg' ? 'segment' : 'template'} ${id}, which does not exist; choose another`,
    }));
}

interface Named {
  readonly kind: 'seg' | 'tpl';
  readonly id: string;
  readonly field: string;
  readonly place: string;
}

function namesIn(graph: JourneyGraph): Named[] {
  const named: Named[] = [];
  const segment = (id: string, field: string, place: string): unknown => named.push({ kind: 'seg', id, field, place });
  if (graph.entry.kind !== 'event') segment(graph.entry.segment, 'entry.segment', 'the entry');
  for (const [index, exit] of (graph.exits ?? []).entries()) {
    if (exit.kind !== 'event') segment(exit.segment, `exits[${index}].segment`, 'an exit condition');
  }
  for (const [index, step] of graph.steps.entries()) {
    const place = `step "${step.id}"`;
    if (step.kind === 'send') named.push({ kind: 'tpl', id: step.template, field: `steps[${index}].template`, place });
    if (step.kind !== 'branch') continue;
    for (const [at, branch] of step.branches.entries()) {
      const asked = branch.when.flatMap((condition) => ('segment' in condition ? [condition.segment] : []));
      for (const id of asked) segment(id, `steps[${index}].branches[${at}].when`, place);
    }
  }
  return named;
}
