import type { AcceptPorts } from '../flow/accept.ts'
import { makeMissingVariables } from '../flow/missing-variables.ts'
import { checkOwnLink } from '../flow/own-link.ts'
import { newUuid } from '../lib/id.ts'
import type { Store } from '../store/store.ts'
import type { Ground } from './ground.ts'
import type { Outside } from './outside.ts'

/** What makes dispatches, whether somebody asks for one at the door or a campaign's turn has come. */
export function acceptPorts(
  { config, clock }: Pick<Ground, 'config' | 'clock'>,
  { partner, render, distrust, codesBase }: Outside,
  { store, wake }: { store: Store; wake(): void },
): AcceptPorts {
  const { defaults, links } = config
  const missing = makeMissingVariables({ render, sampleUrl: `https://${links.hosts[0]}/sample`, now: clock.now })
  return {
    intake: store.intake,
    stops: store.stops,
    render,
    now: clock.now,
    newId: newUuid,
    wake,
    missingVariables: (template, channels, locale, variables) => missing({ template, channels, locale, variables }),
    checkOwnLink: (referenceId, link) => checkOwnLink({ partner, distrust }, referenceId, link),
    codesBase,
    defaults: {
      locale: defaults.locale,
      timeZone: defaults.timeZone,
      channels: defaults.channels,
      remindersAfterMs: defaults.remindersAfter,
      fallBackMs: defaults.fallbackAfterMs,
      linkMaxMinutes: links.maxMinutes,
    },
  }
}
