import type { Sql } from '../../platform/postgres/index.ts';
import { listTopics } from '../consent/index.ts';
import { compileGraph, type CompiledGraph } from './graph.ts';
import { listLiveVersions } from './journey-store.ts';
import { indexJourneys, type LiveJourney, type LiveJourneys } from './live-journeys.ts';

const COMPILED_MAX = 2_000;
/** Versions never change, so a compiled one is right for good. */
const compiled = new Map<string, CompiledGraph>();

/** Live journeys, and which versions send marketing. */
export interface LoadedJourneys extends LiveJourneys {
  isMarketing(graph: CompiledGraph): boolean;
}

/** Every journey of a workspace that has or may start runs. One query a table. */
export async function loadLiveJourneys(sql: Sql, workspaceId: number): Promise<LoadedJourneys> {
  const journeys = new Map<string, LiveJourney & { readonly graphs: Map<number, CompiledGraph> }>();
  for (const row of await listLiveVersions(sql, workspaceId)) {
    const { id, name, state, version } = row;
    const journey = journeys.get(id) ?? { id, name, state, version, graphs: new Map<number, CompiledGraph>() };
    journeys.set(id, journey);
    const place = `${workspaceId}/${id}/${row.graph_version}`;
    const graph = compiled.get(place) ?? compileGraph(row.graph);
    if (compiled.size >= COMPILED_MAX) compiled.clear();
    compiled.set(place, graph);
    journey.graphs.set(row.graph_version, graph);
  }
  const topics = new Map((await listTopics(sql, workspaceId)).map((topic) => [topic.topic, topic.isMarketing]));
  return {
    ...indexJourneys([...journeys.values()]),
    // A topic nobody made is marketing.
    isMarketing: ({ steps }) =>
      [...steps.values()].some((step) => step.kind === 'send' && topics.get(step.topic) !== false),
  };
}
