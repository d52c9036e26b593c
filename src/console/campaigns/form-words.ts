import type { Option } from '../sheet.ts'
import type { CampaignField } from './form.ts'

export const DAY_WORDS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

export const REMINDER_OPTIONS: Option[] = [
  ['usual', 'As configured'],
  ['none', 'None'],
  ['PT24H', 'After 24 h'],
  ['PT24H,PT72H', 'After 24 h and 3 days'],
  ['PT72H', 'After 3 days'],
  ['PT20S,PT40S', 'After 20 s and 40 s, to try it out'],
]

const WORDS: Partial<Record<CampaignField, string>> = {
  name: 'Name',
  category: 'Category',
  template: 'Template',
  channel1: '1st channel',
  channel2: '2nd channel',
  channel3: '3rd channel',
  channel4: '4th channel',
  reminders: 'Reminders',
  reminderTemplate: 'Words of the reminders',
  startAt: 'Start',
  localStart: 'Local start',
  validUntil: 'Valid until',
  zone: 'On the clocks of',
  from: 'From',
  to: 'To',
  perHour: 'Messages an hour',
  holdout: 'Hold out',
  failed: 'Failed',
  optedOut: 'Opted out',
  complained: 'Complained',
  after: 'Judged after',
}

/** What a field is called where it is spoken of. */
export function campaignFieldWord(field: CampaignField): string {
  const [, way, part] = /^way(\d)(\w+)$/.exec(field) ?? []
  return WORDS[field] ?? (way ? `Variant ${way}: ${part?.toLowerCase()}` : field)
}
