import type { Routes } from '../../platform/http/index.ts';

export const inventoryRoutes: Routes = () => undefined;
