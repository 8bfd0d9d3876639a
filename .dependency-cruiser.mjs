import { boundaryRules } from './scripts/boundary-rules.mjs';
import { readFloors } from './scripts/floors.mjs';

export default {
  forbidden: boundaryRules(await readFloors()),
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
