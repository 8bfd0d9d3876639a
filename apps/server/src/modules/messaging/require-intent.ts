import type { ExplainMessageBody } from '@segue/contract';
import type { Ctx } from '../../platform/context.ts';
import { AppError } from '../../platform/errors.ts';
import { type NodeRef, readSubjects } from '../../platform/eventlog/index.ts';
import { requirePublicId } from '../../platform/ids/index.ts';
import { currentTemplateVersion, requireRenderable } from '../content/index.ts';
import {
  anchorNode,
  findIdentifierNodes,
  ownersOfNodes,
  readIdentifierText,
  requireProfileId,
} from '../profiles/index.ts';
import type { MessageIntent } from './types.ts';

/** A wish that a call of the API describes. */
export interface RequiredIntent {
  /** Without whom it is for. */
  readonly wish: Omit<MessageIntent, 'profileId' | 'node' | 'toNode'>;
  readonly versionId: string | undefined;
  readonly to: Addressee;
}

/** Whom a message is for. */
export type Addressee =
  | {
      readonly kind: 'profile';
      readonly profileId: string;
      readonly node: NodeRef;
      readonly toNode: number | undefined;
    }
  /** Nobody is known by it yet. */
  | { readonly kind: 'address'; readonly identifier: Identifier };

type Identifier = NonNullable<Awaited<ReturnType<typeof readIdentifierText>>>;

/** What a call describes, with what it names looked up; throws where it names nothing. */
export async function requireIntent(ctx: Ctx, body: ExplainMessageBody, intentKey: string): Promise<RequiredIntent> {
  const { channel, topic, variables, products, priority, sendAt, expiresAt, campaign, tracking } = body;
  const said = await requireContent(ctx, body);
  const wish = {
    ...{ intentKey, channel, topic, variables, products, priority, source: { kind: 'api' } as const },
    ...{ templateId: said.templateId, ...(said.inline !== undefined && { inline: said.inline }) },
    ...(sendAt !== undefined && { dueAt: Date.parse(sendAt) }),
    ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
    ...(campaign !== undefined && { campaign }),
    ...(tracking !== undefined && { tracking }),
  };
  return { wish, versionId: said.versionId, to: await requireAddressee(ctx, body) };
}

async function requireContent(ctx: Ctx, { templateId: named, content }: ExplainMessageBody) {
  if (content !== undefined)
    return { inline: await requireRenderable(content, ctx.clock.now()), templateId: undefined, versionId: undefined };
  const templateId = requirePublicId('tpl', named ?? '');
  const versionId = (await currentTemplateVersion(ctx.sql, ctx.workspaceId, [templateId])).get(templateId);
  if (versionId === undefined) throw new AppError('not_found', 'There is no such template');
  return { templateId, versionId, inline: undefined };
}

async function requireAddressee(ctx: Ctx, { profileId: named, to }: ExplainMessageBody): Promise<Addressee> {
  if (to === undefined) {
    const profileId = await requireProfileId(ctx, named ?? '', 'profileId');
    return { kind: 'profile', profileId, node: await anchorOf(ctx, profileId), toNode: undefined };
  }
  const identifier = await readIdentifierText(ctx, `email:${to.email}`);
  if (identifier === undefined)
    throw new AppError('invalid', 'This address identifies nobody', {
      details: [
        { field: 'to.email', message: 'give the address of one customer, not one that is blocked or a placeholder' },
      ],
    });
  const keys = await ctx.keysOf(ctx.workspaceId);
  const [toNode] = await findIdentifierNodes({ sql: ctx.sql, workspaceId: ctx.workspaceId, keys }, [identifier]);
  const owners = toNode === undefined ? undefined : await ownersOfNodes(ctx.sql, ctx.workspaceId, [toNode]);
  const profileId = toNode === undefined ? undefined : owners?.get(toNode);
  if (profileId === undefined) return { kind: 'address', identifier };
  return { kind: 'profile', profileId, node: await anchorOf(ctx, profileId), toNode };
}

async function anchorOf(ctx: Ctx, profileId: string): Promise<NodeRef> {
  const subject = (await readSubjects(ctx.sql, ctx.workspaceId, [profileId])).get(profileId);
  if (subject === undefined) throw new AppError('conflict', 'The profile was merged just now: send the request again');
  return anchorNode(subject);
}
