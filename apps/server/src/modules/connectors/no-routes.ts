import type { Routes } from '../../platform/http/index.ts';

/** Until compose joins `createConnectorRoutes`. */
export const connectorRoutes: Routes = () => undefined;
