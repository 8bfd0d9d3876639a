/** Names of messages and of what they say: a part of the index. */
export type {
  ForeseenDecision,
  Message,
  MessageExplanation,
  MessageMoment,
  MessageSource,
  MessageWithHistory,
  SendBatchResult,
  SendPolicy,
} from './api/messages.ts';
export {
  createTemplateSchema,
  emailContentSchema,
  previewDraftSchema,
  previewTemplateSchema,
  utmSchema,
  TEMPLATE_PART_CHARS_MAX,
  updateTemplateSchema,
  type CreateTemplateBody,
  type EmailContent,
  type PreviewDraftBody,
  type PreviewTemplateBody,
  type Utm,
  type UpdateTemplateBody,
} from './template.ts';
export {
  CAP_WINDOW_DAYS_MAX,
  idempotencyKeySchema,
  MESSAGE_STATUSES,
  sendMessageSchema,
  WEEKDAYS,
  updateSendPolicySchema,
  type ExplainMessageBody,
  type SendBatchBody,
  type MessageStatus,
  type SendMessageBody,
  type UpdateSendPolicyBody,
} from './message.ts';
export { PROMOTED_MAX, type PromotedProduct } from './promoted.ts';
