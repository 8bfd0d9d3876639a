import type { Routes } from '../../platform/http/index.ts';

export const loyaltyRoutes: Routes = () => undefined;
