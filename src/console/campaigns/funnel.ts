import {
  apart,
  isMessage,
  isPerson,
  messageReasons,
  messagesOf,
  peopleOf,
  ratesOf,
  type Tally,
  timeToOpen,
} from '../../domain/funnel.ts'
import { html, type Markup } from '../../lib/markup.ts'
import { spanOf } from '../times.ts'
import { channelWord, DISPATCH_BADGES, localeWord, reasonWord, stepWord } from '../words.ts'
import { bar, figureTable } from './parts.ts'
import type { Standing } from './standing.ts'
import { counted, figure, percent, rowReason } from './words.ts'

/** From the audience to the operation: each bar is a part of the first. */
export function funnel({ audience, people, rates }: Standing): Markup {
  const stations: [word: string, count: number, rate: number | null, of: string][] = [
    ['Audience', audience.planned, null, ''],
    ['Accepted', people.accepted, share(people.accepted, audience.planned), 'of the audience'],
    ['Link made', people.linked, share(people.linked, people.accepted), 'of those accepted'],
    ['Handed over', people.handed, rates.handed, 'of those accepted'],
    ['Delivered', people.delivered, rates.delivered, 'of those handed over'],
    ['Opened', people.opened, rates.opened, 'of those handed over'],
    ['Operation created', people.operation, rates.operation, 'of those who opened'],
  ]
  return html`
      <ol class="funnel">
        ${stations.map(
          ([word, count, rate, of]) => html`
        <li><span class="funnel-word">${word}</span>${bar(share(count, audience.planned) ?? 0, 'good')}<span class="funnel-count">${figure(count)}</span><span class="funnel-rate">${of && html`${percent(rate)} <span class="funnel-of">${of}</span>`}</span></li>`,
        )}
      </ol>
      ${people.openedSuspect > 0 && html`<p class="aside">${figure(people.openedSuspect)} more were opened only by what looks like a scanner, and are not counted as opened.</p>`}`
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)

/** How the others ended, and why messages were not sent: in words, with their number. */
export function otherEnds({ audience, people, tallies }: Standing): Markup | undefined {
  const ends = (['failed', 'suppressed', 'expired', 'exhausted', 'cancelled', 'superseded'] as const)
    .filter((state) => people.states[state] > 0)
    .map((state): [string, number] => [
      `${DISPATCH_BADGES[state].label}: ${lower(DISPATCH_BADGES[state].means)}`,
      people.states[state],
    ])
  const rows: [string, number][] = [
    ...(audience.heldOut > 0 ? [['Held out, to compare with', audience.heldOut] as [string, number]] : []),
    ...Object.entries(audience.refused).map(([reason, n]): [string, number] => [`Refused: ${rowReason(reason)}`, n]),
    ...Object.entries(audience.leftOut).map(([reason, n]): [string, number] => [`Left out: ${rowReason(reason)}`, n]),
  ]
  const reasons = (status: 'skipped' | 'failed'): [string, number][] =>
    Object.entries(messageReasons(tallies, status)).map(([reason, n]) => [capital(reasonWord(reason)), n])
  const lists = [
    reasonList('People who ended otherwise', [...ends, ...rows]),
    reasonList('Messages skipped', reasons('skipped')),
    reasonList('Messages that failed', reasons('failed')),
  ].filter((one) => one !== undefined)
  return lists.length === 0 ? undefined : html`<div class="reasons">${lists}</div>`
}

const reasonList = (title: string, all: [string, number][]) =>
  all.length === 0
    ? undefined
    : html`<div><h3>${title}</h3><dl class="reason-list">${all.map(([word, count]) => html`<div><dt dir="auto">${word}</dt><dd>${figure(count)}</dd></div>`)}</dl></div>`

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1)
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const PEOPLE_COLUMNS = ['People', 'Handed over', 'Delivered', 'Opened', 'of handed over', 'Operations', 'of opened']
const MESSAGE_COLUMNS = ['Handed over', 'Delivered', 'Failed', 'Skipped', 'Waiting', 'Unclear']

export const byLocale = ({ tallies }: Standing): Markup =>
  figureTable({
    caption: 'By language',
    columns: ['Language', ...PEOPLE_COLUMNS],
    rows: apart(tallies.filter(isPerson), (one) => (isPerson(one) ? one.locale : '')).map(([tag, all]) => [
      localeWord(tag),
      ...peopleCells(all),
    ]),
  })

export const byChannel = ({ tallies }: Standing): Markup =>
  figureTable({
    caption: 'By channel',
    columns: ['Channel', ...MESSAGE_COLUMNS],
    rows: apart(tallies.filter(isMessage), (one) => (isMessage(one) ? one.channel : '')).map(([name, all]) => [
      channelWord(name),
      ...messageCells(all),
    ]),
  })

export const byStep = ({ tallies }: Standing): Markup =>
  figureTable({
    caption: 'By step',
    columns: ['Step', ...MESSAGE_COLUMNS],
    rows: apart(tallies.filter(isMessage), (one) => (isMessage(one) ? `${one.step} ${one.kind}` : '')).map(
      ([, all]) => {
        const [one] = all.filter(isMessage)
        return [stepWord(one?.kind, one?.step), ...messageCells(all)]
      },
    ),
  })

/** Variants side by side in the order of the plan; which is better is for people to say. */
export function results({ campaign, tallies, audience }: Standing): Markup | undefined {
  const { variants, holdout } = campaign.plan
  if (variants.length < 2 && holdout === 0) return undefined
  const names = variants.length > 0 ? variants.map(({ name }) => name) : ['all']
  return html`
      <p class="hint">Side by side, without a winner: with few people a difference may be chance.${holdout > 0 && ` ${counted(audience.heldOut, 'person', 'people')} got nothing, to compare with.`}</p>
      ${figureTable({
        caption: 'Variants side by side',
        columns: ['Variant', ...PEOPLE_COLUMNS],
        rows: names.map((name) => [
          name,
          ...peopleCells(tallies.filter((one) => isPerson(one) && one.variant === name)),
        ]),
      })}`
}

function peopleCells(tallies: Tally[]): string[] {
  const people = peopleOf(tallies)
  const rates = ratesOf(people)
  const { accepted, handed, delivered, opened, operation } = people
  return [
    ...[accepted, handed, delivered, opened].map(figure),
    percent(rates.opened),
    figure(operation),
    percent(rates.operation),
  ]
}

function messageCells(tallies: Tally[]): string[] {
  const { handed, delivered, failed, skipped, waiting, ambiguous } = messagesOf(tallies)
  return [handed, delivered, failed, skipped, waiting, ambiguous].map(figure)
}

export function openTimes({ tallies }: Standing): Markup | undefined {
  const { buckets, medianWithinS, unknown } = timeToOpen(tallies)
  const all = buckets.reduce((sum, { people }) => sum + people, 0)
  if (all === 0) return undefined
  const most = Math.max(...buckets.map(({ people }) => people))
  return html`
      <p class="hint">${medianWithinS === null ? 'Half of those who opened took longer than a week.' : `Half of those who opened did so within ${spanOf(medianWithinS * 1_000)} of the first message.`}${unknown > 0 && ` Of ${figure(unknown)} it is not known.`}</p>
      <ol class="funnel open-times">
        ${buckets.map(
          ({ withinS, people }) => html`
        <li><span class="funnel-word">${withinS === null ? 'later' : `within ${spanOf(withinS * 1_000)}`}</span>${bar(people / most, 'going')}<span class="funnel-count">${figure(people)}</span><span class="funnel-rate">${percent(people / all)}</span></li>`,
        )}
      </ol>`
}
