import { z } from 'zod'
import { normaliseEmail, normalisePhone } from '../domain/address.ts'
import { CHANNELS } from '../domain/channel.ts'
import type { Contact } from '../domain/dispatch.ts'
import { normaliseLocale } from '../domain/language-tag.ts'
import { isTimeZone } from '../domain/zone.ts'
import { parseDuration } from '../lib/duration.ts'

/** The fields that several bodies share. Messages name rules, never values. */

export const referenceId = z
  .string()
  .refine((text) => !text.includes('@'), {
    error: 'looks like an email address: use an id that is not secret',
    abort: true,
  })
  .refine((text) => !looksLikePhone(text), {
    error: 'looks like a phone number: use an id that is not secret, such as user_ and a number',
    abort: true,
  })
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, 'must have 1 to 128 of the characters A-Z a-z 0-9 . _ : -')
  .meta({
    description: "The partner's id of the user. Not secret: never an email address or a phone number.",
    example: 'user_12345',
  })

const looksLikePhone = (text: string) => /^\+?[\d ().-]+$/.test(text) && /^\d{10,15}$/.test(text.replace(/\D/g, ''))

export const channels = z
  .array(z.enum(CHANNELS))
  .min(1, 'must name at least one channel')
  .max(CHANNELS.length, 'must not name a channel twice')
  .refine((list) => new Set(list).size === list.length, 'must not name a channel twice')
  .meta({ description: 'In order of preference.', example: ['push', 'sms', 'email'] })

export const locale = z
  .string()
  .transform(
    (text, context) => normaliseLocale(text) ?? refuse(context, 'must be a language tag such as es-MX (BCP 47)'),
  )
  .meta({ description: 'BCP 47', example: 'es-MX' })

export const timeZone = z
  .string()
  .refine(isTimeZone, 'must be a name of the IANA database such as America/Chicago')
  .meta({ description: 'IANA', example: 'America/Chicago' })

export const moment = z.iso
  .datetime({ offset: true, error: 'must be a moment with its offset, such as 2026-11-22T14:30:00Z (ISO 8601)' })
  .transform((text) => new Date(text))

/** ms */
export const duration = ({ atLeast, atMost }: { atLeast: string; atMost: string }) =>
  z
    .string()
    .transform((text, context) => {
      const ms = parseDuration(text)
      if (ms === undefined)
        return refuse(context, 'must be a duration such as PT24H (ISO 8601, without years and months)')
      const fits = ms >= (parseDuration(atLeast) ?? 0) && ms <= (parseDuration(atMost) ?? 0)
      return fits ? ms : refuse(context, `must be from ${atLeast} to ${atMost}`)
    })
    .meta({ description: 'ISO 8601', example: 'PT24H' })

export const templateName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'must be the name of a template, such as magic-link')

/** An object of any shape whose JSON is not too long. */
export const freeObject = (mostBytes: number) =>
  z
    .record(z.string(), z.unknown())
    .refine(
      (value) => Buffer.byteLength(JSON.stringify(value)) <= mostBytes,
      `must have at most ${mostBytes} bytes as JSON`,
    )

const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(most, `must have at most ${most} characters`)
    .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')

export const shortText = line(200)

export const email = z.string().transform((text, context) => {
  const read = normaliseEmail(text)
  return read.ok ? read.address : refuse(context, `is not an email address we can write to (${read.reason})`)
})

const pushTokens = z
  .array(line(4096).regex(/^\S+$/, 'must not hold white space'))
  .max(20, 'must have at most 20 tokens')
  .transform((tokens) => [...new Set(tokens)])

export const contact = z
  .strictObject({
    phone: z.string().optional().meta({ description: 'E.164, or national with country', example: '+15125550123' }),
    country: z.string().optional().meta({ description: 'ISO 3166-1 alpha-2, for a national phone', example: 'US' }),
    email: email.optional().meta({ example: 'michael@example.com' }),
    pushTokens: pushTokens.optional().meta({ description: 'One for each device', example: ['token-1'] }),
    name: z
      .strictObject({ firstName: line(100).optional(), lastName: line(100).optional() })
      .optional()
      .meta({ description: 'Greets where there is no userData' }),
  })
  .transform(({ phone, country, email, pushTokens, name }, context): Contact => {
    const number = phone === undefined ? undefined : phoneOf(phone, country, context)
    return {
      ...(number !== undefined && { phone: number }),
      ...(email !== undefined && { email }),
      ...(pushTokens !== undefined && { pushTokens }),
      ...(name !== undefined && {
        name: {
          ...(name.firstName && { firstName: name.firstName }),
          ...(name.lastName && { lastName: name.lastName }),
        },
      }),
    }
  })
  .meta({ id: 'Contact' })

export function phoneOf(text: string, country: string | undefined, context: z.RefinementCtx): string {
  const read = normalisePhone(text, country)
  if (read.ok) return read.e164
  return refuse(context, PHONE_PROBLEMS[read.reason] ?? `is not a phone number we can write to (${read.reason})`, [
    read.reason === 'country_unknown' ? 'country' : 'phone',
  ])
}

const PHONE_PROBLEMS: Record<string, string> = {
  country_missing: 'is national: write it as E.164 (+1…), or add contact.country',
  country_unknown: 'must be two letters of ISO 3166-1',
}

function refuse(context: z.RefinementCtx, message: string, path: string[] = []): never {
  context.addIssue({ code: 'custom', message, path })
  return z.NEVER
}
