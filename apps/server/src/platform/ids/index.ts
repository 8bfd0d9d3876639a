export { newUuid, parsePublicId, placedUuid, publicId, requirePublicId, uuidText } from './ids.ts';
