import type { AnswerOf, api } from '@segue/contract';
import { publicId } from '../../../platform/ids/index.ts';
import type { Location } from './location.ts';

export function presentLocation(location: Location): AnswerOf<typeof api.getLocation> {
  const { id, capabilities, channels, hours, ...fields } = location;
  return {
    ...fields,
    id: publicId('loc', id),
    capabilities: [...capabilities],
    channels: [...channels],
    hours: hours as AnswerOf<typeof api.getLocation>['hours'],
  };
}
