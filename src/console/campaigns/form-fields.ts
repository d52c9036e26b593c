import { stretchAt } from '../../domain/zone.ts'
import type { Campaign } from '../../flow/ports-campaign.ts'
import { formatDuration } from '../../lib/duration.ts'
import { type CampaignFields, campaignFieldsOf, DAYS, inPercent } from './form.ts'

/** The clock on which a stored moment is shown again. */
const ZONE = 'UTC'

/** A form filled in with what a campaign says: to change it, or to make one like it. */
export function fieldsFrom({
  name,
  category,
  plan,
  startAt,
  localStart,
  validUntil,
  ...rest
}: Campaign): CampaignFields {
  const { ownWindow, perHour, brake } = rest
  const [channel1 = '', channel2 = '', channel3 = '', channel4 = ''] = plan.channels ?? ['sms', 'email']
  const days = ownWindow?.days ?? DAYS
  return campaignFieldsOf({
    name,
    category,
    template: plan.template,
    ...{ channel1, channel2, channel3, channel4 },
    reminders:
      plan.reminders === undefined ? 'usual' : (plan.reminders?.afterMs.map(formatDuration).join(',') ?? 'none'),
    reminderTemplate: plan.reminders?.template ?? '',
    when: startAt ? 'at' : localStart === null ? 'now' : 'local',
    startAt: localOf(startAt),
    localStart: localStart ?? '',
    validUntil: localOf(validUntil),
    zone: ZONE,
    from: ownWindow?.from ?? '',
    to: ownWindow?.to ?? '',
    ...Object.fromEntries(days.map((day) => [`day${day}`, 'on'])),
    perHour: perHour === null ? '' : String(perHour),
    holdout: inPercent(plan.holdout),
    failed: inPercent(brake.failed),
    optedOut: inPercent(brake.optedOut),
    complained: inPercent(brake.complained),
    after: String(brake.after),
    ...Object.assign({}, ...plan.variants.map(wayFields)),
  })
}

const wayFields = (
  { name, weight, template, channels, sendHour }: Campaign['plan']['variants'][number],
  i: number,
) => ({
  [`way${i + 1}Name`]: name,
  [`way${i + 1}Weight`]: String(weight),
  [`way${i + 1}Template`]: template ?? '',
  [`way${i + 1}Channels`]: channels?.join(',') ?? '',
  [`way${i + 1}Hour`]: sendHour === undefined ? '' : String(sendHour),
})

function localOf(at: Date | null): string {
  if (at === null) return ''
  const { offset } = stretchAt(ZONE, at.getTime())
  return new Date(at.getTime() + offset).toISOString().slice(0, 16)
}
