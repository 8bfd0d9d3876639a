import { auditEndpoints } from './api/audit.ts';
import { privacyRequestEndpoints } from './api/privacy-requests.ts';
import { shopifyAccountEndpoints } from './api/shopify-accounts.ts';
import { retentionEndpoints } from './api/privacy-retention.ts';
import { keyEndpoints } from './api/keys.ts';
import { memberEndpoints } from './api/members.ts';
import { sourceEndpoints } from './api/sources.ts';
import { identityEndpoints } from './api/identity.ts';
import { identityGraphEndpoints } from './api/identity-graph.ts';
import { workspaceEndpoints } from './api/workspace.ts';
import { brandEndpoints } from './api/brand.ts';
import { consentEndpoints } from './api/consent.ts';
import { consentSignalEndpoints } from './api/consent-signals.ts';
import { catalogEndpoints } from './api/catalog.ts';
import { productFeedEndpoints } from './api/product-feeds.ts';
import { inventoryEndpoints } from './api/inventory.ts';
import { orderEndpoints } from './api/orders.ts';
import { basketEndpoints } from './api/baskets.ts';
import { preferenceEndpoints } from './api/preferences.ts';
import { couponEndpoints } from './api/coupons.ts';
import { loyaltyEndpoints } from './api/loyalty.ts';
import { connectorEndpoints } from './api/connectors.ts';
import { exportEndpoints } from './api/exports.ts';
import { importEndpoints } from './api/imports.ts';
import { eventEndpoints } from './api/events.ts';
import { journeyEndpoints } from './api/journeys.ts';
import { linkDomainEndpoints } from './api/link-domain.ts';
import { messageEndpoints } from './api/messages.ts';
import { profileEndpoints } from './api/profiles.ts';
import { deadLetterEndpoints } from './api/dead-letters.ts';
import { companyEndpoints } from './api/companies.ts';
import { sessionEndpoints } from './api/sessions.ts';
import { computedTraitEndpoints } from './api/computed-traits.ts';
import { lifecycleEndpoints } from './api/lifecycle.ts';
import { alertEndpoints } from './api/alerts.ts';
import { listEndpoints } from './api/lists.ts';
import { segmentEndpoints } from './api/segments.ts';
import { sourceHealthEndpoints } from './api/source-health.ts';
import { templateEndpoints } from './api/templates.ts';
import { webhookEndpoints } from './api/webhooks.ts';
import { answerEndpoints } from './api/answers.ts';
import { reachabilityEndpoints } from './api/reachability.ts';
import { touchpointEndpoints } from './api/touchpoints.ts';

/** Every call of the management API by its operation id. The server binds each; documentation and client are made from it. */
export const api = {
  ...profileEndpoints,
  ...answerEndpoints,
  ...reachabilityEndpoints,
  ...companyEndpoints,
  ...sessionEndpoints,
  ...eventEndpoints,
  ...brandEndpoints,
  ...consentEndpoints,
  ...consentSignalEndpoints,
  ...linkDomainEndpoints,
  ...segmentEndpoints,
  ...listEndpoints,
  ...computedTraitEndpoints,
  ...lifecycleEndpoints,
  ...templateEndpoints,
  ...messageEndpoints,
  ...journeyEndpoints,
  ...auditEndpoints,
  ...privacyRequestEndpoints,
  ...retentionEndpoints,
  ...shopifyAccountEndpoints,
  ...keyEndpoints,
  ...memberEndpoints,
  ...sourceEndpoints,
  ...sourceHealthEndpoints,
  ...deadLetterEndpoints,
  ...touchpointEndpoints,
  ...identityEndpoints,
  ...identityGraphEndpoints,
  ...workspaceEndpoints,
  ...webhookEndpoints,
  ...alertEndpoints,
  ...catalogEndpoints,
  ...productFeedEndpoints,
  ...inventoryEndpoints,
  ...orderEndpoints,
  ...basketEndpoints,
  ...preferenceEndpoints,
  ...couponEndpoints,
  ...loyaltyEndpoints,
  ...connectorEndpoints,
  ...importEndpoints,
  ...exportEndpoints,
} as const;
