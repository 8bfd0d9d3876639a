export type { PersonalDataKeeper, PersonalItem, PersonalSubject } from './personal-data.ts';
export { createTableKeeper } from './table-keeper.ts';
export { namesHer } from './names-her.ts';
