export { decodeCursor, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, toPage, type Page } from './page.ts';
export { parseInput } from './parse.ts';
export { createHttpServer } from './server.ts';
export { SCOPES, type RouteDeps, type Routes } from './routes.ts';
