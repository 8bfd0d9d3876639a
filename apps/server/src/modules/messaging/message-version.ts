import { open } from '../../platform/crypto/index.ts';
import type { TemplateVersion, VersionContent } from '../content/index.ts';

/** What a message without a template says, as a version of one; undefined once its owner was erased. */
export function inlineVersion(
  message: { readonly id: string; readonly inline: Buffer | VersionContent | undefined },
  nodeKey: Buffer | undefined,
): TemplateVersion | undefined {
  const { id, inline } = message;
  if (inline === undefined) return undefined;
  if (!Buffer.isBuffer(inline)) return { id, templateId: '', number: 1, content: inline };
  if (nodeKey === undefined) return undefined;
  const content = JSON.parse(open(nodeKey, inline).toString('utf8')) as VersionContent;
  return { id, templateId: '', number: 1, content };
}
