import Bowser from 'bowser';
import { GenerationCache } from '../../../platform/generation-cache.ts';
import { type BehaviourEvent, cut, objectOf, textOf } from './page-of.ts';

/** In front of what somebody sat. '' where nothing says. */
export interface Device {
  /** desktop, mobile, tablet, tv, bot … */
  readonly class: string;
  readonly os: string;
  readonly browser: string;
}

const CACHED_AGENTS_MAX = 5_000;
/** Longer agents are nonsense or an attack on the patterns that read them. */
const AGENT_LENGTH_MAX = 512;
const NAME_LENGTH_MAX = 40;
const MOBILE_SYSTEMS = /^(?:android|ios|ipados|harmonyos)$/i;

const agents = new GenerationCache<string, Device>(CACHED_AGENTS_MAX);

/** Read from `context.userAgent` and `context.userAgentData`; of an app, which has neither, from `context.os`. */
export function deviceOf(event: BehaviourEvent): Device | undefined {
  const context = objectOf(event.payload.context);
  const agent = textOf(context['userAgent']);
  if (agent === '') return deviceOfApp(textOf(objectOf(context['os'])['name']));
  const hints = objectOf(context['userAgentData']);
  const mobile = hints['mobile'] === true;
  const platform = cut(textOf(hints['platform']), NAME_LENGTH_MAX);
  const key = `${cut(agent, AGENT_LENGTH_MAX)}\n${platform}\n${mobile}`;
  const known = agents.get(key);
  if (known !== undefined) return known;
  const device = readAgent(agent.slice(0, AGENT_LENGTH_MAX), { platform, mobile });
  agents.set(key, device);
  return device;
}

function deviceOfApp(os: string): Device | undefined {
  if (os === '') return undefined;
  return { class: MOBILE_SYSTEMS.test(os) ? 'mobile' : '', os: cut(os, NAME_LENGTH_MAX), browser: '' };
}

function readAgent(agent: string, hints: { platform: string; mobile: boolean }): Device {
  const { platform, os, browser } = Bowser.parse(agent);
  return {
    class: platform.type ?? (hints.mobile ? 'mobile' : ''),
    // A browser that hides its system in the agent says it in the hints.
    os: cut(os.name ?? hints.platform, NAME_LENGTH_MAX),
    browser: cut(browser.name ?? '', NAME_LENGTH_MAX),
  };
}
