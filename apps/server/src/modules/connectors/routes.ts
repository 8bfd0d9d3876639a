import type { Routes } from '../../platform/http/index.ts';

export const connectorRoutes: Routes = () => undefined;
