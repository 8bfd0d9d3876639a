import { campaignOf, shortKeyOf } from './campaign.ts';
import { classifyTouch, referrerHost, type Touch } from './classify-touch.ts';
import { deviceOf } from './device.ts';
import { type BehaviourEvent, cut, landingOf, objectOf, pageOf, textOf } from './page-of.ts';
import type { Entry, Moment, Source } from './visits.ts';

const PLACE_LENGTH_MAX = 60;
const HOST_LENGTH_MAX = 80;

/** What an event says of the visit it belongs to. */
export function momentOf(event: BehaviourEvent): Moment {
  return {
    atMs: event.occurredAt,
    campaign: shortKeyOf(event),
    entry: () => entryOf(event, landingOf(event, pageOf(event))),
    source: () => {
      const page = pageOf(event);
      return sourceOf(classifyTouch(campaignOf(event, page), referrerHost(page)));
    },
    referral: () => {
      const host = referrerHost(pageOf(event));
      return host === '' ? undefined : sourceOf(classifyTouch(undefined, host));
    },
  };
}

function entryOf(event: BehaviourEvent, landing: string): Entry {
  const device = deviceOf(event);
  const location = objectOf(objectOf(event.payload.context)['location']);
  const country = cut(textOf(location['country']), PLACE_LENGTH_MAX);
  const region = cut(textOf(location['region']), PLACE_LENGTH_MAX);
  const city = cut(textOf(location['city']), PLACE_LENGTH_MAX);
  const { lat, lon } = location;
  return {
    ...(landing === '' ? {} : { l: landing }),
    ...(device === undefined ? {} : { d: [device.class, device.os, device.browser] }),
    ...(country === '' ? {} : { a: country }),
    ...(region === '' ? {} : { g: region }),
    ...(city === '' ? {} : { y: city }),
    ...(typeof lat === 'number' && typeof lon === 'number' ? { p: [lat, lon] } : {}),
  };
}

function sourceOf(touch: Touch): Source {
  const fields: Source = {
    c: touch.class,
    s: cut(touch.source, HOST_LENGTH_MAX),
    m: touch.medium,
    n: touch.name,
    t: touch.term,
    o: touch.content,
    i: touch.clickIdType,
    v: touch.clickId,
    r: cut(touch.referrer, HOST_LENGTH_MAX),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}
