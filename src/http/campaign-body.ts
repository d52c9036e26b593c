import { z } from 'zod'
import { HOLDOUT } from '../domain/campaign.ts'
import { SUSPECT_POLICIES } from '../domain/suspicion.ts'
import type { CampaignWish } from '../flow/ports-campaign.ts'
import { reminders } from './dispatch-body.ts'
import { channels, duration, freeObject, moment, shortText, templateName } from './fields.ts'
import { linkOptions } from './link-body.ts'

const KB = 1_024
const MOST_VARIANTS = 10
const MOST_PER_HOUR = 1_000_000
const MOST_HELD_OUT = 0.9

const whole = (least: number, most: number) => {
  const rule = `must be a whole number from ${least} to ${most}`
  return z.int(rule).min(least, rule).max(most, rule)
}
const share = (most: number) => {
  const rule = `must be from 0 to ${most}`
  return z.number(rule).min(0, rule).max(most, rule)
}
const distinct = (list: readonly unknown[]) => new Set(list).size === list.length

const localTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 09:30')
  .meta({ example: '09:30' })

/** Years that the database knows, days that exist. */
const localStart = z
  .string()
  .refine((text) => /^20\d\d-\d\d-\d\dT\d\d:\d\d$/.test(text) && isMoment(text), 'must be such as 2026-12-01T10:00')
  .meta({ description: 'On the clock of each person; now where it has passed', example: '2026-12-01T10:00' })

const isMoment = (text: string) => {
  const at = new Date(`${text}Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text)
}

const ownWindow = z
  .strictObject({
    from: localTime,
    to: localTime,
    days: z
      .array(whole(1, 7))
      .min(1, 'must name at least one day')
      .max(7, 'must not name a day twice')
      .refine(distinct, 'must not name a day twice')
      .default([1, 2, 3, 4, 5, 6, 7])
      .meta({ description: '1 is Monday' }),
  })
  .refine(({ from, to }) => from < to, { error: 'must lie after from', path: ['to'] })
  .meta({ id: 'OwnWindow', description: "Hours of each person's day, within those the law allows" })

const variant = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$/, 'must have 1 to 40 of the characters A-Z a-z 0-9 . _ - and blanks')
    .refine((name) => name.toLowerCase() !== HOLDOUT, `must not be ${HOLDOUT}: those who get nothing are called that`),
  weight: z
    .number()
    .positive('must be more than 0')
    .max(1_000_000, 'must be at most 1000000')
    .meta({ description: 'In parts of the sum of all' }),
  template: templateName.optional(),
  channels: channels.optional(),
  sendHour: whole(0, 23).optional().meta({ description: 'Local hour at which its first messages begin' }),
})

const variants = z
  .array(variant)
  .max(MOST_VARIANTS, `must have at most ${MOST_VARIANTS} variants`)
  .refine((list) => distinct(list.map(({ name }) => name.toLowerCase())), 'must not have two of one name')
  .meta({ description: 'Ways of doing it; what one leaves out is as the campaign says' })

const brake = z
  .strictObject({
    failed: share(1).optional(),
    optedOut: share(1).optional(),
    complained: share(1).optional(),
    after: whole(1, 1_000_000).optional(),
  })
  .meta({
    id: 'Brake',
    description: 'Rates of the people written to beyond which it pauses itself, judged when there are `after` of them',
  })

/** `null` takes a field back. */
const fields = z.strictObject({
  name: shortText.optional(),
  category: z.enum(['transactional', 'commercial']).optional(),
  template: templateName.optional().meta({ description: 'Absent: magic-link' }),
  channels: channels.nullable().optional(),
  variables: freeObject(16 * KB)
    .optional()
    .meta({ description: 'For every message, beside what a row of the audience says. No personal data' }),
  reminders: reminders.nullable().optional().meta({ description: 'null: none; absent: the configured ones' }),
  link: linkOptions.optional(),
  ifActive: z.enum(['supersede', 'join', 'reject']).optional(),
  suspectOpens: z.enum(SUSPECT_POLICIES).optional(),
  fallbackAfter: duration({ atLeast: 'PT0S', atMost: 'P7D' }).nullable().optional(),
  startAt: moment.nullable().optional().meta({ description: 'Absent, as localStart: when it is started' }),
  localStart: localStart.nullable().optional(),
  validUntil: moment.nullable().optional().meta({ description: 'Nothing of it is sent afterwards' }),
  window: ownWindow.nullable().optional(),
  perHour: whole(1, MOST_PER_HOUR).nullable().optional().meta({ description: 'Messages, reminders included' }),
  variants: variants.optional(),
  holdout: share(MOST_HELD_OUT).optional().meta({ description: 'The share of the people who get nothing' }),
  brake: brake.optional(),
})

const EXAMPLE = {
  name: 'Spring transfer',
  category: 'commercial',
  template: 'magic-link',
  channels: ['sms', 'email'],
  reminders: { after: ['PT24H'] },
  localStart: '2030-03-01T10:00',
  window: { from: '10:00', to: '19:00', days: [1, 2, 3, 4, 5] },
  perHour: 5_000,
  variants: [
    { name: 'text first', weight: 1 },
    { name: 'mail first', weight: 1, channels: ['email', 'sms'] },
  ],
  holdout: 0.1,
}

/** What `POST /v1/campaigns` takes. */
export const newCampaign = fields
  .required({ name: true, category: true })
  .meta({ id: 'NewCampaign', examples: [EXAMPLE] })

/** What `PATCH /v1/campaigns/{id}` takes. */
export const campaignChange = fields
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'must change something')
  .meta({ id: 'CampaignChange' })

const DATES = { startAt: true, localStart: true, validUntil: true } as const

/** What a recurrence makes again and again: without moments, which would be the same each time. */
export const repeatedCampaign = newCampaign.omit(DATES).meta({ id: 'RepeatedCampaign' })

type Fields = z.output<typeof fields>

/** The body as the flow understands it. */
export function wishOf({ window, reminders, fallbackAfter, link, variants, ...body }: Fields): CampaignWish {
  return {
    ...body,
    ownWindow: window,
    fallBackMs: fallbackAfter,
    link: link && present(link),
    variants: variants?.map(present),
    reminders: reminders && {
      afterMs: reminders.after,
      channels: reminders.channels ?? null,
      template: reminders.template ?? null,
    },
  }
}

type Present<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

const present = <T extends object>(given: T): Present<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Present<T>
