export { allows, EVERY_SCOPE, ROLE_SCOPES, ROLES, SCOPES, type Role, type Scope } from './access.ts';
export { api } from './api.ts';
export { OBJECTIONS, type PrivacyRequest } from './api/privacy-requests.ts';
export type { ShopifyAccount } from './api/shopify-accounts.ts';
export type { Retention, RetentionRule } from './api/privacy-retention.ts';
export type { AuditEntry } from './api/audit.ts';
export { createApiKeySchema, type ApiKey } from './api/keys.ts';
export { createInviteSchema, type Invite, type Member, type TakenBack } from './api/members.ts';
export {
  type CellType,
  type ColumnMapping,
  DRY_RUN_ROWS_MAX,
  type Import,
  IMPORT_PIECE_BYTES_MAX,
  type ImportColumn,
  type ImportFormat,
  type ImportKind,
  type ImportOptions,
  type RowError,
} from './api/imports.ts';
export { type Export, type ExportFormat, type ExportSubject } from './api/exports.ts';
export { SOURCE_KINDS, TRUSTED_SOURCE_KINDS, type Source, type WriteKey } from './api/sources.ts';
export { BLOCKED_VALUES_MAX, IDENTIFIER_KINDS, OWN_KINDS_MAX, type IdentitySettings } from './api/identity.ts';
export type { Workspace } from './api/workspace.ts';
export type { DeadLetter } from './api/dead-letters.ts';
export {
  DRIFT_KINDS,
  type Drift,
  type EventCountItem,
  type LiveItem,
  type ObservedEvent,
  type ObservedSchema,
  type RejectedCount,
  type RejectedEvent,
  type RhythmAnswer,
  type SourceHealth,
  type TestEvent,
} from './api/source-health.ts';
export type { Touchpoint } from './api/touchpoints.ts';
export type { Brand, UpdateBrandBody } from './api/brand.ts';
export type { LinkDomain } from './api/link-domain.ts';
export type {
  Consent,
  ConsentTopic,
  ConsentWording,
  PreferenceLink,
  PresentedPermission,
  PresentedRhythm,
  Suppression,
} from './api/consent.ts';
export { CONSENT_IMPORT_MAX, consentImportRowSchema } from './api/consent-signals.ts';
export type { ConsentImportRow, ConsentSettings, ConsentSignal } from './api/consent-signals.ts';
export type { FeedItem, TimelineItem } from './api/events.ts';
export type { Journey, JourneyWithCounts, PresentedRun } from './api/journeys.ts';
export {
  CONFLICT_REASONS,
  CONFLICT_STATUSES,
  type IdentityConflict,
  type ProfileIdentity,
  type ProfileMerge,
} from './api/identity-graph.ts';
export type { Answers } from './api/answers.ts';
export type { PresentedReach, PresentedReachability, UnreachableReason } from './api/reachability.ts';
export { profileSchema, type Profile } from './api/profiles.ts';
export {
  MEMBER_CAUSES,
  PREVIEW_SAMPLE_MAX,
  SEGMENT_STATUSES,
  type MemberCause,
  type Segment,
  type SegmentPreview,
  type SegmentStatus,
  type UpdateSegmentBody,
} from './api/segments.ts';
export {
  ALERT_EVENTS,
  ALERT_TYPES,
  type Alert,
  type AlertSettings,
  type AlertState,
  type AlertSummary,
  type AlertType,
  type CreateAlertBody,
} from './api/alerts.ts';
export { PRODUCT_ROWS_MAX } from './api/catalog.ts';
export { LIST_ADD_MAX, LIST_IMPORT_MAX, type AddListMembersBody, type ManualList } from './api/lists.ts';
export {
  COMPUTED_TRAIT_STATUSES,
  type ComputedTrait,
  type ComputedTraitStatus,
  type CreateComputedTraitBody,
} from './api/computed-traits.ts';
export { lifecycleSettingsSchema, type LifecycleSettings } from './api/lifecycle.ts';
export type { Template, TemplatePreview, TemplateWarning } from './api/templates.ts';
export {
  defineEndpoint,
  idSchema,
  instantSchema,
  isChange,
  jsonSchema,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  pageOf,
  pageQuerySchema,
  scopesOf,
  type AnswerOf,
  type BodyInputOf,
  type BodyOf,
  type Endpoint,
  type Method,
  type ParamsOf,
  type QueryInputOf,
  type QueryOf,
  type Tag,
} from './endpoint.ts';
export { ApiError, createClient, type Client, type ClientOptions, type InputOf, type OperationId } from './client.ts';
export { createOpenApi, type OpenApiDocument } from './openapi.ts';
export { ERROR_CODES, problemSchema, type Problem } from './problem.ts';
export { parseInstant } from './instant.ts';
export { findFaults, inPlainWords } from './plain-words.ts';
export { PATTERN_LENGTH_MAX } from './segment-condition.ts';
export {
  CALENDAR_PERIODS,
  COUNT_MAX,
  DISTINCT_MAX,
  SELECTABLE_EVENT_TYPES,
  SEQUENCE_STEPS_MAX,
} from './segment-event-leaf.ts';
export { CONSENT_STATES } from './segment-fact-leaf.ts';
export { RULE_DEPTH_MAX, RULE_NODES_MAX, segmentRuleSchema, spellRulePath } from './segment-rule.ts';
export {
  AGGREGATE_FUNCTIONS,
  COMPUTED_FUNCTIONS,
  LIFECYCLE_STAGES,
  MESSAGE_ENGAGEMENTS,
  type AggregateFunction,
  type BucketLeaf,
  type CalendarPeriod,
  type ClockTime,
  type CompanyLeaf,
  type ComputedFunction,
  type ComputedTraitRule,
  type ConsentLeaf,
  type Duration,
  type EventCount,
  type EventFilter,
  type EventLeaf,
  type EventMatch,
  type EventSelector,
  type LifecycleLeaf,
  type LifecycleStage,
  type BasketKind,
  type BasketLeaf,
  type BoughtLeaf,
  type CouponLeaf,
  type CouponState,
  type ListLeaf,
  type OrderLeaf,
  type OrderStateWord,
  ORDER_STATES,
  type PointsKind,
  type PointsLeaf,
  type ProductMatch,
  type MessageEngagement,
  type MessageLeaf,
  type NumberCondition,
  type Path,
  type Period,
  type PlaceLeaf,
  type ReachableLeaf,
  type Scalar,
  type SegmentLeaf,
  type SegmentRule,
  type SequenceLeaf,
  type SequenceStep,
  type TimedCondition,
  type TraitLeaf,
  type ValueCondition,
  type Zone,
} from './segment-language.ts';
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
  createTopicSchema,
  liftSuppressionSchema,
  recordConsentSchema,
  setRhythmSchema,
  suppressAddressSchema,
  topicSchema,
  updateTopicSchema,
  writeWordingSchema,
  type Channel,
  type CreateTopicBody,
  type LiftSuppressionBody,
  type RecordConsentBody,
  type SetRhythmBody,
  type SuppressAddressBody,
  type UpdateTopicBody,
  type WriteWordingBody,
} from './consent.ts';
export {
  WEBHOOK_DELIVERY_STATUSES,
  WEBHOOK_REPLAY_MAX,
  type Webhook,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookDeliveryStatus,
} from './api/webhooks.ts';
export { WEBHOOK_EVENT_TYPES, type CreateWebhookBody, type UpdateWebhookBody } from './webhook.ts';
export { REFERRER_CLASSES, type AcquisitionRow, type ReferrerClass, type Session } from './api/sessions.ts';
export { COMPANY_ROLE_LENGTH_MAX, type Company, type CompanyMember, type ProfileCompany } from './api/companies.ts';
export {
  ECOMMERCE_EVENTS,
  ecommerceNameOf,
  readEcommerceEvent,
  type EcommerceEvent,
  type EcommerceFault,
  type EcommerceName,
  type EcommerceProperties,
  type ReadEcommerceEvent,
} from './ecommerce.ts';
export {
  AMOUNT_MINOR_MAX,
  amountInMain,
  amountMinorSchema,
  currencySchema,
  formatAmount,
  minorDigitsOf,
  type Money,
  moneySchema,
  parseAmountMinor,
  roundAmountMinor,
} from './money.ts';
export {
  COUPON_CODES_MAX,
  COUPON_IMPORT_MAX,
  COUPON_LANGUAGES,
  type CouponCampaign,
  type CouponPool,
  type CreateCouponPoolBody,
} from './api/coupon-campaigns.ts';
export { COUPON_EXCEPTION_KINDS } from './api/coupon-offline.ts';
export type { CouponQuoteBody } from './api/coupon-redemptions.ts';
export {
  COUPON_REFUSALS,
  type CouponBenefit,
  type CouponLimits,
  type CouponLine,
  type CouponProducts,
  type CouponRefusal,
  type CouponTerms,
} from './coupon-terms.ts';
export * from './reach.ts';
