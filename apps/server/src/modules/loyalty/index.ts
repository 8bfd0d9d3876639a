export { loyaltyMigrations } from './migrations/index.ts';
export { pointsFactsOf } from './profiles/points-facts-of.ts';
export { readBalances } from './profiles/read-balances.ts';
export { loyaltyRoutes } from './routes.ts';
