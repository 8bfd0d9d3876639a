export { newUuid, parsePublicId, publicId, requirePublicId, uuidText } from './ids.ts';
