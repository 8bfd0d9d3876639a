export { newUuid, parsePublicId, publicId, requirePublicId, uuidText, type IdPrefix } from './ids.ts';
