import { api } from '@segue/contract';

import type { Routes } from '../../../platform/http/index.ts';
import { readLifecycle, updateLifecycle } from './update-lifecycle.ts';

/** How lifecycle stages are told. */
export const lifecycleRoutes: Routes = (serve) => {
  serve(api.getLifecycle, ({ ctx }) => readLifecycle(ctx));
  serve(api.updateLifecycle, ({ ctx, body }) => updateLifecycle(ctx, body));
};
