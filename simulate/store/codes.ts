import type { FoundCode } from '../../src/flow/ports-evergreen.ts'
import { type DispatchRow, hashOf, type LinkRow, type Tables, textOf } from './tables.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const UNDER_WAY: readonly string[] = ['pending', 'queued', 'claimed']

/** src/store/evergreen.ts, `evergreen-keep`. */
export function keepCode(tables: Tables, { hash, dispatchId }: { hash: Buffer; dispatchId: string }): void {
  const code = textOf(hash)
  if (!tables.codes.has(code)) tables.codes.set(code, { dispatchId, askedAt: null })
  tables.history.note({ what: 'code kept', code, dispatch: dispatchId })
}

/** `evergreen-find` */
export function findCode(tables: Tables, hashes: Buffer[]): FoundCode | null {
  const name = hashes.map(textOf).find((hash) => tables.codes.has(hash)) ?? ''
  const code = tables.codes.get(name)
  const row = tables.dispatches.get(code?.dispatchId ?? '')
  if (!code || !row) return null
  const { id: dispatchId, status, locale, validUntil } = row
  const [link] = code.askedAt === null ? workingLinks(tables, row) : []
  return {
    ...{ hash: hashOf(name), dispatchId, status, locale, url: link?.url ?? null },
    over: validUntil !== null && validUntil.getTime() <= tables.now(),
    asked: wasJustAsked(tables, dispatchId),
  }
}

/** `evergreen-ask`: with a dead link every code that is there ends; with a living one, this one. */
export function askFor(tables: Tables, hash: Buffer): boolean {
  const name = textOf(hash)
  const row = tables.dispatches.get(tables.codes.get(name)?.dispatchId ?? '')
  if (!row || wasJustAsked(tables, row.id) || isEnough(tables, row)) return false
  const lives = workingLinks(tables, row).length > 0
  for (const [other, code] of tables.codes) {
    if (code.dispatchId !== row.id || (lives && other !== name)) continue
    code.askedAt = tables.now()
    tables.history.note({ what: 'code asked', code: other })
  }
  tables.changed()
  return true
}

/** An opened link works too: its user comes back to it. */
function workingLinks(tables: Tables, row: DispatchRow): LinkRow[] {
  const carried = [...row.carried].flatMap((id) => tables.links.get(id) ?? [])
  const works = carried.filter((link) => link.status !== 'revoked' && link.expiresAt > tables.now())
  return works.sort((a, b) => b.expiresAt - a.expiresAt)
}

const wasJustAsked = (tables: Tables, id: string) =>
  [...tables.codes.values()].some((c) => c.dispatchId === id && (c.askedAt ?? 0) > tables.now() - 10 * MINUTE)

function isEnough(tables: Tables, { steps }: DispatchRow): boolean {
  const resends = steps.filter(({ kind }) => kind === 'resend')
  const today = resends.filter(({ dueAt }) => dueAt !== null && dueAt > tables.now() - DAY)
  return today.length >= 5 || resends.some(({ status }) => UNDER_WAY.includes(status))
}
