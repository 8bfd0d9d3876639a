import type { Sql } from '../../platform/postgres/index.ts';
import { compileGraph, type CompiledGraph } from './graph.ts';
import { listLiveVersions } from './journey-store.ts';
import { indexJourneys, type LiveJourney, type LiveJourneys } from './live-journeys.ts';

const COMPILED_MAX = 2_000;
/** Versions never change, so a compiled one is right for good. */
const compiled = new Map<string, CompiledGraph>();

/** Every journey of a workspace that has or may start runs. One query. */
export async function loadLiveJourneys(sql: Sql, workspaceId: number): Promise<LiveJourneys> {
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
  return indexJourneys([...journeys.values()]);
}
