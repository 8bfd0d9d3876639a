import type { Routes } from '../../platform/http/index.ts';

export const catalogRoutes: Routes = () => undefined;
