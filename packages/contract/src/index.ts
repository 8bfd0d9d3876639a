export { parseInstant } from './instant.ts';
export type { Duration, EventFilter, Path, Scalar, TimelessCondition, TraitLeaf } from './segment-condition.ts';
export {
  COUNT_MAX,
  RULE_DEPTH_MAX,
  RULE_NODES_MAX,
  SELECTABLE_EVENT_TYPES,
  segmentRuleSchema,
  type AllGroup,
  type AnyGroup,
  type EventCount,
  type EventLeaf,
  type NotGroup,
  type SegmentRule,
} from './segment-rule.ts';
export { findGraphFaults, stepEdges, type GraphFault, type StepEdge } from './journey-faults.ts';
export {
  createJourneySchema,
  JOURNEY_STATES,
  JOURNEY_STEPS_MAX,
  journeyGraphSchema,
  RUN_REASONS,
  RUN_STATES,
  updateJourneySchema,
  type JourneyCondition,
  type JourneyEntry,
  type JourneyExit,
  type JourneyGraph,
  type JourneyState,
  type JourneyStep,
  type RunReason,
} from './journey.ts';
export {
  channelSchema,
  liftSuppressionSchema,
  recordConsentSchema,
  suppressAddressSchema,
  topicSchema,
  type Channel,
  type LiftSuppressionBody,
  type RecordConsentBody,
  type SuppressAddressBody,
} from './consent.ts';
export {
  createTemplateSchema,
  emailContentSchema,
  previewTemplateSchema,
  TEMPLATE_PART_CHARS_MAX,
  updateTemplateSchema,
  type CreateTemplateBody,
  type EmailContent,
  type PreviewTemplateBody,
  type UpdateTemplateBody,
} from './template.ts';
export {
  CAP_WINDOW_DAYS_MAX,
  idempotencyKeySchema,
  MESSAGE_STATUSES,
  sendMessageSchema,
  updateSendPolicySchema,
  type Message,
  type MessageMoment,
  type MessageSource,
  type MessageStatus,
  type MessageWithHistory,
  type SendMessageBody,
  type UpdateSendPolicyBody,
} from './message.ts';
