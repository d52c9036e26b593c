import type { Estimate } from './estimate.ts'

export interface Warning {
  code: WarningCode
  message: string
  /** How many people, messages or holds it is about. */
  count: number
}

/** What a person should know before the start: the words, and how many it is about; none is told about nobody. */
const WARNINGS = {
  nobody_left: ['Nobody would get a message.', ({ tally }) => (tally.recipients === 0 ? tally.rows : 0)],
  ends_late: ['The turn of these people comes after validUntil; refuseLate refuses such a start.', ({ late }) => late],
  reminders_late: ['These reminders fall after validUntil and are not sent.', ({ lateReminders }) => lateReminders],
  window_never_open: [
    'For these people the hours of the campaign and the legal ones never meet.',
    ({ tally }) => tally.neverOpen,
  ],
  beyond_horizon: [
    'These messages find no place within 30 days.',
    ({ forecast: { unsent } }) => Math.ceil(unsent.firsts + unsent.reminders),
  ],
  held: ['These holds are in force and would stop it.', ({ holds }) => holds.length],
  refused: [
    'These rows would be refused; refused names the reasons and the first lines.',
    ({ tally }) => [...tally.refused.values()].reduce((sum, { rows }) => sum + rows, 0),
  ],
  unreachable: ['These people have no address on any channel that is sent on.', ({ tally }) => tally.unreachable],
  links_die: [
    'Links that these rows bring have died before their first message can leave.',
    ({ tally }) => tally.deadLinks.rows,
  ],
  links_at_risk: ['Links that rows bring will probably die before their turn comes.', ({ linksAtRisk }) => linksAtRisk],
  links_made_again: [
    'These reminders come when the link of the first message has died, and take another of the partner’s creations.',
    ({ tally }) => tally.links.again,
  ],
  long_messages: ['These texts take more than three segments.', ({ tally }) => tally.texts.long],
  unwritten: ['These texts cannot be written; samples show why.', ({ tally }) => tally.unwritten],
  locale_falls_back: [
    'There are no words in the language of these people: they get those of the default locale.',
    ({ tally }) => [...tally.fallsBack.values()].reduce((sum, rows) => sum + rows, 0),
  ],
  partner_limit_off: [
    'No limit on link creations is set: how fast these go depends on the partner and on this machine.',
    ({ limits, tally }) => (limits.createsPerMinute === null ? tally.links.first : 0),
  ],
  link_length_assumed: [
    'No link was made here yet, so the length of one is assumed; segments of these texts may differ.',
    ({ link, tally }) => (link.assumed ? tally.texts.messages : 0),
  ],
} as const satisfies Record<string, [message: string, count: (estimate: Estimate) => number]>

export type WarningCode = keyof typeof WARNINGS
export const WARNING_CODES = Object.keys(WARNINGS) as WarningCode[]

export const warningsOf = (estimate: Estimate): Warning[] =>
  WARNING_CODES.flatMap((code) => {
    const [message, countOf] = WARNINGS[code]
    const count = countOf(estimate)
    return count > 0 ? [{ code, message, count }] : []
  })
