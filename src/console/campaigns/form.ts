/** The form of a campaign ↔ the body of `POST /v1/campaigns`, which says what is wrong with it. */
import { USUAL_BRAKE } from '../../domain/campaign.ts'
import { instantOf } from '../../domain/send-time.ts'
import { isTimeZone } from '../../domain/zone.ts'
import { field } from '../fields.ts'

export const WAYS = [1, 2, 3, 4] as const
export const DAYS = [1, 2, 3, 4, 5, 6, 7] as const
type Way = (typeof WAYS)[number]
type Day = (typeof DAYS)[number]
type WayField = `way${Way}${'Name' | 'Weight' | 'Template' | 'Channels' | 'Hour'}`

const PLAIN = [
  ...(['name', 'category', 'template', 'channel1', 'channel2', 'channel3', 'channel4', 'reminders'] as const),
  ...(['reminderTemplate', 'when', 'startAt', 'zone', 'localStart', 'validUntil', 'from', 'to', 'perHour'] as const),
  ...(['holdout', 'failed', 'optedOut', 'complained', 'after'] as const),
] as const
export type CampaignField = (typeof PLAIN)[number] | `day${Day}` | WayField
export type CampaignFields = Record<CampaignField, string>

const WAY_PARTS = ['Name', 'Weight', 'Template', 'Channels', 'Hour'] as const
/** In the order of the form. */
const CAMPAIGN_FIELDS: CampaignField[] = [
  ...PLAIN,
  ...DAYS.map((day) => `day${day}` as const),
  ...WAYS.flatMap((way) => WAY_PARTS.map((part) => `way${way}${part}` as const)),
]

export interface CampaignProblem {
  field: CampaignField | null
  message: string
}

export const campaignFieldsOf = (body: unknown): CampaignFields =>
  Object.fromEntries(CAMPAIGN_FIELDS.map((name) => [name, field(body, name)])) as CampaignFields

/** What a new form holds: no category, which must be thought about. */
export const emptyForm = (template: string): CampaignFields =>
  campaignFieldsOf({
    template,
    channel1: 'sms',
    channel2: 'email',
    reminders: 'usual',
    when: 'now',
    zone: 'UTC',
    ...Object.fromEntries(DAYS.map((day) => [`day${day}`, 'on'])),
    holdout: '0',
    failed: inPercent(USUAL_BRAKE.failed),
    optedOut: inPercent(USUAL_BRAKE.optedOut),
    complained: inPercent(USUAL_BRAKE.complained),
    after: String(USUAL_BRAKE.after),
  })

export const inPercent = (rate: number): string => String(Number((rate * 100).toPrecision(6)))

/** The body, and what this form alone can get wrong. A number that is none goes as it is, to be refused by its field. */
export function campaignBodyFrom(fields: CampaignFields): { body: object; problems: CampaignProblem[] } {
  const problems: CampaignProblem[] = []
  const wrong = (name: CampaignField, message: string) => {
    problems.push({ field: name, message })
    return undefined
  }
  if (fields.name === '') wrong('name', 'is required')
  if (fields.category === '') wrong('category', 'must be chosen: the law asks which it is')
  const body = {
    name: fields.name,
    ...(fields.category && { category: fields.category }),
    template: fields.template,
    channels: channelsFrom(fields, wrong),
    ...remindersFrom(fields),
    ...startFrom(fields, wrong),
    validUntil: momentFrom(fields, 'validUntil', wrong) ?? null,
    window: windowFrom(fields, wrong),
    perHour: fields.perHour === '' ? null : numberFrom(fields.perHour.replace(/[,\s]/g, '')),
    variants: variantsFrom(fields),
    holdout: shareFrom(fields.holdout || '0'),
    brake: {
      failed: shareFrom(fields.failed),
      optedOut: shareFrom(fields.optedOut),
      complained: shareFrom(fields.complained),
      after: numberFrom(fields.after),
    },
  }
  return { body, problems }
}

type Wrong = (name: CampaignField, message: string) => undefined

function channelsFrom(fields: CampaignFields, wrong: Wrong): string[] {
  const chosen: string[] = []
  for (const place of ['channel1', 'channel2', 'channel3', 'channel4'] as const) {
    if (fields[place] === '') continue
    if (chosen.includes(fields[place])) wrong(place, 'was chosen above already')
    else chosen.push(fields[place])
  }
  if (chosen.length === 0) wrong('channel1', 'choose at least one channel')
  return chosen
}

function remindersFrom({ reminders, reminderTemplate }: CampaignFields): object {
  if (reminders === 'usual') return {}
  if (reminders === 'none' || reminders === '') return { reminders: null }
  return { reminders: { after: reminders.split(','), ...(reminderTemplate && { template: reminderTemplate }) } }
}

function startFrom(fields: CampaignFields, wrong: Wrong): object {
  if (fields.when === 'at') {
    if (fields.startAt === '') wrong('startAt', 'is required: a day and a time')
    return { startAt: momentFrom(fields, 'startAt', wrong) ?? null, localStart: null }
  }
  if (fields.when === 'local') {
    if (fields.localStart === '') wrong('localStart', 'is required: a day and a time')
    return { startAt: null, localStart: fields.localStart || null }
  }
  return { startAt: null, localStart: null }
}

/** What clocks of the chosen zone show, as an instant. */
function momentFrom(fields: CampaignFields, name: 'startAt' | 'validUntil', wrong: Wrong): string | undefined {
  if (fields[name] === '') return undefined
  const local = /^20\d\d-\d\d-\d\dT\d\d:\d\d$/.test(fields[name]) ? Date.parse(`${fields[name]}Z`) : Number.NaN
  if (Number.isNaN(local)) return wrong(name, 'must be a day and a time')
  if (!isTimeZone(fields.zone)) return wrong('zone', 'is no time zone')
  return new Date(instantOf(fields.zone, local)).toISOString()
}

function windowFrom(fields: CampaignFields, wrong: Wrong): object | null {
  const days = DAYS.filter((day) => fields[`day${day}`] !== '')
  if (days.length === 0) wrong('from', 'choose at least one day')
  const { from, to } = fields
  if (from === '' && to === '' && days.length === DAYS.length) return null
  return { from: from || '00:00', to: to || '23:59', days: [...days] }
}

const variantsFrom = (fields: CampaignFields): object[] =>
  WAYS.filter((way) => fields[`way${way}Name`] !== '').map((way) => {
    const [template, channels, hour] = [
      fields[`way${way}Template`],
      fields[`way${way}Channels`],
      fields[`way${way}Hour`],
    ]
    return {
      name: fields[`way${way}Name`],
      weight: numberFrom(fields[`way${way}Weight`] || '1'),
      ...(template && { template }),
      ...(channels && { channels: channels.split(',') }),
      ...(hour && { sendHour: numberFrom(hour) }),
    }
  })

const numberFrom = (text: string): number | string => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)

function shareFrom(text: string): number | string {
  const number = numberFrom(text.replace('%', '').trim())
  return typeof number === 'number' ? number / 100 : number
}

/** Where the form asks for what a path in the body names. `fields`: which variant stands in which place. */
export function pathToCampaignField(path: string, fields: CampaignFields): CampaignField | null {
  const [, place = '', part = 'name'] = /^variants\[(\d+)\](?:\.(\w+))?/.exec(path) ?? []
  if (place !== '') return wayField(WAYS.filter((way) => fields[`way${way}Name`] !== '')[Number(place)] ?? 1, part)
  const [first = ''] = path.split(/[.[]/)
  if (first === 'brake' || first === 'window')
    return byName(path.split('.')[1]) ?? (first === 'window' ? 'from' : 'failed')
  if (first === 'channels') return 'channel1'
  if (first === 'variants') return 'way1Name'
  if (path === 'reminders.template') return 'reminderTemplate'
  return byName(first)
}

const byName = (name: string | undefined): CampaignField | null => CAMPAIGN_FIELDS.find((one) => one === name) ?? null

const PARTS: Record<string, (typeof WAY_PARTS)[number]> = {
  weight: 'Weight',
  template: 'Template',
  channels: 'Channels',
  sendHour: 'Hour',
}
const wayField = (way: Way, part: string): CampaignField => `way${way}${PARTS[part] ?? 'Name'}`
