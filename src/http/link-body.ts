import { z } from 'zod'
import { moment } from './fields.ts'

const KB = 1_024

/** Makes the two kinds of link exclude each other, so that the answer speaks of the kind that was meant. */
const ofTheOtherKind = z.never().optional()

const mode = z.enum(['direct', 'evergreen']).meta({
  description:
    'What messages carry: the link itself (default), or an address of this service that leads to it and, when it has run out, offers to send a fresh one',
})

export const linkOptions = z
  .strictObject({
    linkId: ofTheOtherKind,
    url: ofTheOtherKind,
    expiresAt: ofTheOtherKind,
    mode: mode.optional(),
    expiresInMinutes: z
      .int('must be a whole number')
      .min(15, 'must be from 15 to 10080')
      .max(10_080, 'must be from 15 to 10080')
      .optional(),
    theme: word().optional(),
    flow: word().optional(),
    language: z.enum(['en', 'es']).optional().meta({ description: "The widget's language; absent: from locale" }),
    metadata: z
      .record(z.string().min(1).max(100), z.string().max(1_000, 'must have at most 1000 characters'))
      .refine((value) => Buffer.byteLength(JSON.stringify(value)) < 2 * KB, 'must have less than 2 KB as JSON')
      .optional()
      .meta({ description: 'Flat; the partner keeps it with the link' }),
    replaceOpened: z
      .boolean()
      .optional()
      .meta({ description: 'Replace an old link that was opened and led to nothing; default true' }),
  })
  .meta({ id: 'LinkOptions' })

export const ownLink = z
  .strictObject({
    linkId: z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must have 1 to 256 visible ASCII characters'),
    url: z
      .string()
      .max(2_048, 'must have at most 2048 characters')
      .refine((text) => /^https?:\/\/[\x21-\x7e]+$/.test(text) && URL.canParse(text), 'must be an https URL'),
    expiresAt: moment,
    mode: mode
      .refine((value) => value !== 'evergreen', 'must be direct: a link of your own is never followed by a fresh one')
      .optional(),
  })
  .meta({ id: 'OwnLink', description: 'A link of your own: carried, never re-issued' })

function word() {
  return z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must have 1 to 64 of the characters A-Z a-z 0-9 . _ -')
}

/** How the partner shall make the link, or a link that is there already. */
export const link = z.union([linkOptions, ownLink]).meta({ id: 'Link' })
