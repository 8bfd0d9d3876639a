import type { Routes } from '../../platform/http/index.ts';

export const orderRoutes: Routes = () => undefined;
