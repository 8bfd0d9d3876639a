import type { Routes } from '../../platform/http/index.ts';
import { collectionRoutes } from './collections/collection-routes.ts';
import { productImportRoutes } from './import/import-routes.ts';
import { productRoutes } from './products/product-routes.ts';

export const catalogRoutes: Routes = (serve, app) => {
  for (const routes of [productRoutes, collectionRoutes, productImportRoutes]) routes(serve, app);
};
