import { z } from 'zod'
import { SUSPECT_POLICIES } from '../domain/suspicion.ts'
import { checkUserData } from '../domain/user-data.ts'
import type { DispatchOrder } from '../flow/order.ts'
import {
  channels,
  contact,
  duration,
  freeObject,
  locale,
  moment,
  referenceId,
  templateName,
  timeZone,
} from './fields.ts'
import { link } from './link-body.ts'

const KB = 1_024
const MOST_REMINDERS = 10
/** The lane of everything that is no campaign's. */
const SINGLES = 1

export const reminders = z
  .strictObject({
    after: z
      .array(duration({ atLeast: 'PT1S', atMost: 'P365D' }))
      .max(MOST_REMINDERS, `must have at most ${MOST_REMINDERS} reminders`)
      .refine((list) => list.every((ms, i) => i === 0 || ms > (list[i - 1] ?? 0)), 'must rise from one to the next')
      .meta({ description: 'Counted from the hand-over of the first message', example: ['PT24H', 'PT72H'] }),
    channels: channels.optional(),
    template: templateName.optional(),
  })
  .meta({ id: 'Reminders' })

export type DispatchSchema = ReturnType<typeof makeDispatchBody>
type DispatchBody = z.output<DispatchSchema>

const EXAMPLE = {
  referenceId: 'user_12345',
  userData: {
    name: { firstName: 'Michael', lastName: 'Johnson' },
    paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
  },
  contact: { phone: '+15125550123', email: 'michael@example.com', pushTokens: ['token-1'] },
  channels: ['push', 'sms', 'email'],
  locale: 'es-MX',
  timeZone: 'America/Chicago',
  reminders: { after: ['PT24H', 'PT72H'] },
  metadata: { crmCaseId: '42' },
}

/** What `POST /v1/dispatches` takes. `now` decides whether a birth date lies in the past. */
export function makeDispatchBody(now: () => Date) {
  return z
    .strictObject({
      referenceId,
      userData: z
        .record(z.string(), z.unknown())
        .superRefine((value, context) => {
          const verdict = checkUserData(value, now())
          for (const { path, message } of verdict.ok ? [] : verdict.errors)
            context.addIssue({ code: 'custom', message, path: path === '' ? [] : path.split('.') })
        })
        .optional()
        .meta({ id: 'UserData', description: "The partner's userData: name and paymentMethod are required in it" }),
      contact: contact.optional(),
      channels: channels.optional(),
      locale: locale.optional(),
      timeZone: timeZone.optional(),
      template: templateName.default('magic-link'),
      variables: freeObject(16 * KB).default({}),
      category: z.enum(['transactional', 'commercial']).default('transactional'),
      sendAt: moment.optional(),
      validUntil: moment.optional(),
      reminders: reminders.nullable().optional(),
      link: link.optional(),
      ifActive: z.enum(['supersede', 'join', 'reject']).default('supersede'),
      suspectOpens: z.enum(SUSPECT_POLICIES).default('stop').meta({
        description: "After an open that looks like a machine's: end the plan, or hold the reminders for PT65M",
      }),
      fallbackAfter: duration({ atLeast: 'PT0S', atMost: 'P7D' }).optional(),
      metadata: freeObject(4 * KB)
        .optional()
        .meta({ description: 'Yours; returned with every event, encrypted at rest' }),
    })
    .meta({ id: 'NewDispatch', examples: [EXAMPLE] })
}

/** The body as the flow understands it; what it leaves open stays open. */
export function orderOf({ link, reminders, fallbackAfter, ...body }: DispatchBody): DispatchOrder {
  const { userData = null, contact = null, channels = null, locale = null, timeZone = null } = body
  const { sendAt = null, validUntil = null, metadata = null } = body
  return {
    ...body,
    userData,
    contact,
    channels,
    locale,
    timeZone,
    sendAt,
    validUntil,
    metadata,
    reminders: reminders && {
      afterMs: reminders.after,
      channels: reminders.channels ?? null,
      template: reminders.template ?? null,
    },
    ...linkOf(link),
    fallBackMs: fallbackAfter ?? null,
    lane: SINGLES,
    campaignId: null,
    variant: null,
  }
}

function linkOf(given: DispatchBody['link'] = {}): Pick<DispatchOrder, 'link' | 'ownLink'> {
  if (given.linkId !== undefined) {
    const { mode: _mode, ...ownLink } = given
    return { link: {}, ownLink }
  }
  const { linkId: _id, url: _url, expiresAt: _at, ...options } = given
  return { link: present(options), ownLink: null }
}

type Present<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

const present = <T extends object>(fields: T): Present<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
