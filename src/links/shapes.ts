/** What the partner sends, as far as we use it: unknown fields are ignored, absent ones are null. */
import { z } from 'zod'
import type { PartnerLink } from '../domain/magic-link.ts'

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text))
const id = z.string().regex(/\w/).max(200)
const absent = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null)

const error = z.object({ code: z.string(), message: z.string().catch('') })

/** Errors come wrapped or flat (dossier, contradiction C4). */
export const wrappedError = z.object({ error }).transform((body) => body.error)
export const flatError = error

export const success = z.object({ success: z.literal(true), data: z.record(z.string(), z.unknown()) })

export const link = z
  .object({
    linkId: id,
    referenceId: id,
    status: z.string().max(40),
    url: z.string().min(1).max(2_000),
    createdAt: instant,
    expiresAt: instant,
    openedAt: absent(instant),
    operationId: absent(id),
  })
  .transform((found): PartnerLink => found)

export const operation = z.object({ linkId: absent(id), status: absent(z.string()) })

export const nothing = z.unknown().transform(() => null)

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), pagination: z.object({ totalPages: z.int().nonnegative() }) })

/** A field of a webhook is taken when it is what it should be, and null otherwise: an odd field loses no event. */
const lenient = <T extends z.ZodType>(schema: T) => absent(schema).catch(null as never)
const printable = (most: number) =>
  lenient(
    z
      .string()
      .max(most)
      .regex(/^\P{Cc}+$/u),
  )
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

const noticeData = z.object({
  linkId: printable(200),
  referenceId: printable(200),
  openedAt: lenient(instant),
  operationId: printable(200),
  dataRequestId: printable(200),
  url: printable(2_000),
  expiresAt: lenient(instant),
  deviceInfo: lenient(z.object({ userAgent: printable(2_000) })),
  requiredFields: z
    .array(z.string().regex(/^[\w.]{1,64}$/))
    .max(50)
    .catch([]),
})

export const noticeBody = z.object({
  event: z.string().regex(/^[\w.:-]{1,100}$/),
  timestamp: lenient(instant),
  data: z.preprocess((data) => (isObject(data) ? data : {}), noticeData),
})
export type NoticeBody = z.output<typeof noticeBody>
