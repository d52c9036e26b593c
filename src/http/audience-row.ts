import type { AudiencePerson } from '../flow/ports-campaign.ts'
import type { Wrong } from './audience-head.ts'
import { makeDispatchBody } from './dispatch-body.ts'
import { invalid } from './invalid.ts'
import { ownLink } from './link-body.ts'

type Json = Record<string, unknown>
export type RowSchema = ReturnType<typeof makeRowSchema>

/** What a dispatch says of a person, by the same rules as at intake. */
export const makeRowSchema = (now: () => Date) =>
  makeDispatchBody(now)
    .pick({
      referenceId: true,
      userData: true,
      contact: true,
      channels: true,
      locale: true,
      timeZone: true,
      variables: true,
      metadata: true,
    })
    .extend({ link: ownLink.optional() })
    .meta({ id: 'AudienceRow' })

export type ReadRow = { ok: true; referenceId: string; person: AudiencePerson } | { ok: false; wrong: Wrong[] }

export function readRow(schema: RowSchema, value: unknown): ReadRow {
  const read = schema.safeParse(value)
  if (!read.success) return { ok: false, wrong: invalid(read.error).errors }
  const { referenceId, link, variables, ...said } = read.data
  const { userData = null, contact = null, channels = null, locale = null, timeZone = null, metadata = null } = said
  const ownLink = link ? { linkId: link.linkId, url: link.url, expiresAt: link.expiresAt } : null
  return {
    ok: true,
    referenceId,
    person: { userData, contact, channels, locale, timeZone, variables, metadata, ownLink },
  }
}

/** Cells under their paths. An empty cell says nothing; several tokens or channels may share one. */
export function rowOf(cells: readonly string[], paths: readonly (string | null)[]): Json {
  const row: Json = {}
  paths.forEach((path, i) => {
    const text = path === null ? '' : cellText(cells[i] ?? '')
    if (path !== null && text !== '') place(row, path, saidBy(path, text))
  })
  return withPaymentType(row)
}

/**
 * What the sheet showed: Excel writes `="0123"` to keep a zero, and we write `'+1…` so that a sheet runs nothing.
 */
function cellText(cell: string): string {
  const text = cell.trim()
  const [, kept] = /^="(.*)"$/s.exec(text) ?? []
  return (kept ?? text.replace(/^'(?=[=+\-@])/, '')).trim()
}

/** Whether a spreadsheet would show nothing there. */
export const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '')

function saidBy(path: string, text: string): unknown {
  if (path === 'contact.pushTokens') return text.split(/[\s,;|]+/)
  if (path === 'channels') return text.toLowerCase().split(/[\s,;|>]+/)
  return text
}

function place(row: Json, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() ?? ''
  let at = row
  for (const name of names) at = at[name] = (at[name] as Json | undefined) ?? {}
  at[last] = value
}

/** An account number needs no column that says it belongs to an account. */
function withPaymentType(row: Json): Json {
  const method = (row['userData'] as Json | undefined)?.['paymentMethod'] as Json | undefined
  if (method?.['bankAccount'] && method['type'] === undefined) method['type'] = 'bank_account'
  return row
}
