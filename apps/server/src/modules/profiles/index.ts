export { companiesStage } from './companies/companies-stage.ts';
export { companyRoutes } from './companies/company-routes.ts';
export { changedDerivedTraits, defineDerivedTraits, noteDerivedTraits } from './derived-traits.ts';
export { type Identifier, kindOfCode, normaliseIdentifier, rankIdentifiers } from './identifier.ts';
export { createIdentityStage } from './identity-stage.ts';
export { profilesMigrations } from './migrations/index.ts';
export { type KnownNode, NodeDirectory, openNodeKeys } from './node-directory.ts';
export { followMerged, listProfileIdsAfter } from './profile-store.ts';
export {
  anchorNode,
  clearTraits,
  findProfileId,
  listAddresses,
  listLanes,
  listNodeIds,
  nodeIdsOf,
  openTraits,
  ownersOfNodes,
  type ProfileAddress,
} from './read-profile.ts';
export { profileRoutes, requireProfileId } from './routes.ts';
export { createTraitsStage } from './traits-stage.ts';
