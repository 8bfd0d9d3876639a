import type { Routes } from '../../platform/http/index.ts';

export const couponRoutes: Routes = () => undefined;
