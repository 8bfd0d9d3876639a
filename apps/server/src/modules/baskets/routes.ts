import type { Routes } from '../../platform/http/index.ts';

export const basketRoutes: Routes = () => undefined;
