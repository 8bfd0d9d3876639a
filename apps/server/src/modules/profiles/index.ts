export {
  type ChangedFact,
  dropChangedFacts,
  listChangedFacts,
  noteFactsOfEveryone,
  postponeChangedFacts,
  takeChangedFacts,
} from './changed-fact-store.ts';
export { noteFacts } from './note-facts.ts';
export { findIdentifierNodes, type HeldProfile, holdProfiles } from './hold-profiles.ts';
export { holdOwners } from './node-store.ts';
export { computeTraits, defineWorkspaceTraits } from './workspace-traits.ts';
export { countryOfPhone } from './phone-number.ts';
export { listCompanyTraits } from './companies/list-company-traits.ts';
export { companiesStage } from './companies/companies-stage.ts';
export { companyRoutes } from './companies/company-routes.ts';
export { changedDerivedTraits, defineDerivedTraits, noteDerivedTraits } from './derived-traits.ts';
export type { Identifier } from './identifier.ts';
export { IdentifierReader } from './identifier-reader.ts';
export { createIdentityStage } from './identity-stage.ts';
export { identifierReaderOf, loadIdentifierReader } from './load-identity-rules.ts';
export type { MergedConsent } from './identity-graph/read-identity.ts';
export { findUnsettled } from './identity-graph/graph-node-store.ts';
export { rebuildProfile, runProfileRebuilds } from './identity-graph/rebuild-profiles.ts';
export { createIdentityGraphRoutes } from './identity-graph/routes.ts';
export { advanceErasureEpoch, destroyNodes, readErasureEpoch, suppressIdentifiers } from './erase-identity.ts';
export { profilesPersonalData } from './personal-data.ts';
export { profilesMigrations } from './migrations/index.ts';
export { type KnownNode, NodeDirectory, openNodeKeys } from './node-directory.ts';
export { countProfiles, drawProfiles, findNodeAhead, listExisting, listOwnersIn } from './profile-page-store.ts';
export { followMerged, listProfileIdsAfter } from './profile-store.ts';
export {
  anchorNode,
  clearTraits,
  findOnlyClaimed,
  findProfileId,
  hasAddress,
  listAddresses,
  listIdentifiers,
  listIdentifiersOf,
  listLanes,
  listNodeIds,
  nodeIdsOf,
  openAllTraits,
  openTraits,
  ownersOfNodes,
  type Profile,
  type ProfileAddress,
  readProfiles,
} from './read-profile.ts';
export { objectToProfiling, PROFILING_ALLOWED, PROFILING_OBJECTED, profilingObjectedAt } from './profiling.ts';
export { profileRoutes, readIdentifierText, requireProfileId } from './routes.ts';
export { isRestricted, liftRestriction, restrict, restrictionStage } from './restriction.ts';
export { listWithheld } from './withheld-store.ts';
export { lookForWithheld } from './look-for-withheld.ts';
export { createTraitsStage } from './traits-stage.ts';
