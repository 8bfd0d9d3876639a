import type { Ctx } from '../../../platform/context.ts';
import { AppError } from '../../../platform/errors.ts';
import { parsePublicId, publicId } from '../../../platform/ids/index.ts';
import { listNumberedSources, type NumberedSource } from '../../accounts/index.ts';

/** The sources of a workspace by their public ids and by the numbers events carry. */
export interface SourceDirectory {
  readonly sources: readonly NumberedSource[];
  /** Of a path: one that is not there is not found. */
  require(id: string): NumberedSource;
  /** Of a filter: undefined asks for all; one that is not there is the caller's mistake. */
  numberOf(id: string | undefined): number | undefined;
  /** Null for none, and for one that is not of this workspace. */
  publicIdOf(number: number | null): string | null;
}

export async function readSourceDirectory(ctx: Ctx): Promise<SourceDirectory> {
  const sources = await listNumberedSources(ctx.sql, ctx.workspaceId);
  const find = (id: string) => {
    const uuid = parsePublicId('src', id);
    return sources.find((source) => source.id === uuid);
  };
  return {
    sources,
    require(id) {
      const source = find(id);
      if (source === undefined) throw new AppError('not_found', `There is no source ${id}`);
      return source;
    },
    numberOf(id) {
      if (id === undefined) return undefined;
      const source = find(id);
      if (source !== undefined) return source.number;
      throw new AppError('invalid', 'There is no such source', {
        details: [{ field: 'sourceId', message: 'give the id of a source of this workspace: src_…' }],
      });
    },
    publicIdOf(number) {
      const source = sources.find((one) => one.number === number);
      return source === undefined ? null : publicId('src', source.id);
    },
  };
}
