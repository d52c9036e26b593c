import { z } from 'zod'

const record = z.record(z.string(), z.unknown())
const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const paging = {
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(20),
}

const callbackUrl = z.url().refine(isHttpsOrLoopback, 'must be an https URL')

/** The partner's request bodies and queries. Fields it does not name are ignored. */
export const newLinkSchema = z.object({
  referenceId: z.string().min(1).max(128),
  expiresInMinutes: z.number().min(5).max(10_080).optional(),
  userData: z
    .looseObject({
      name: z.record(z.string(), z.string()).optional(),
      paymentMethod: z.looseObject({ type: z.string().min(1) }),
    })
    .optional(),
  metadata: record.optional(),
  flow: z.string().min(1).max(64).default('m2m-basic'),
  theme: z.string().optional(),
  language: z.enum(['en', 'es']).optional(),
  callbackUrl: callbackUrl.optional(),
})

export const listLinksSchema = z.object({
  ...paging,
  from: instant.optional(),
  to: instant.optional(),
  visibility: z.enum(['active', 'expired']).optional(),
  status: z.enum(['created', 'opened', 'revoked']).optional(),
  referenceId: z.string().optional(),
})

export const revokeSchema = z.object({ reason: z.string().max(255).optional() }).optional()

export const dataAnswerSchema = z.object({ referenceId: z.string().min(1), userData: record })

export const listOperationsSchema = z.object({
  ...paging,
  from: instant.optional(),
  to: instant.optional(),
  status: z.enum(['created', 'processing', 'completed', 'failed', 'cancelled']).optional(),
  referenceId: z.string().optional(),
  userId: z.string().optional(),
  linkId: z.string().optional(),
})

/** One page of what was asked for, in the partner's shape, newest first. */
export function paged<T>(
  all: readonly T[],
  { page, limit }: { page: number; limit: number },
  matches: (one: T) => boolean,
) {
  const found = all.filter(matches).toReversed()
  const pagination = { page, limit, total: found.length, totalPages: Math.ceil(found.length / limit) }
  return { items: found.slice((page - 1) * limit, page * limit), pagination }
}

export const within = (at: Date, { from, to }: { from?: Date | undefined; to?: Date | undefined }): boolean =>
  (!from || at >= from) && (!to || at <= to)

function isHttpsOrLoopback(text: string): boolean {
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname))
}
