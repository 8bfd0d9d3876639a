import type { Routes } from '../../platform/http/index.ts';
import { ruleRoutes } from './earning/rule-routes.ts';
import { programRoutes } from './programs/program-routes.ts';
import { pointsRoutes } from './spending/points-routes.ts';

/** Points: programs, what earns them, and what customers have of them. */
export const loyaltyRoutes: Routes = (serve, app) => {
  programRoutes(serve, app);
  ruleRoutes(serve, app);
  pointsRoutes(serve, app);
};
