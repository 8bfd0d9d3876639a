export type { PersonalDataKeeper, PersonalItem, PersonalSubject } from './personal-data.ts';
export { createTableKeeper, type SealedRow } from './table-keeper.ts';
export { namesHer } from './names-her.ts';
