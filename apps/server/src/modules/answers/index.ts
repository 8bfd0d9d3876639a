export { createAnswerRoutes } from './routes.ts';
