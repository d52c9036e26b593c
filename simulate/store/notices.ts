import { ENTERED_FROM, isRunning } from '../../src/domain/dispatch.ts'
import type { FactOrder, Recorded } from '../../src/flow/ports-facts.ts'
import { endDispatches, PLANNED } from './stops.ts'
import { holdPlan, judge } from './suspicion.ts'
import { type DispatchRow, type LinkRow, msOf, type NoticeRow, type Tables, textOf } from './tables.ts'

export const ENDS_PLAN: ReadonlySet<string> = new Set(['link.opened', 'operation.created'])
const EIGHT_DAYS = 8 * 24 * 3_600_000

/** src/store/facts.ts: stored and committed before anything is applied. */
export function storeNotice(tables: Tables, fact: FactOrder): boolean {
  const key = textOf(fact.keyHash)
  if (tables.notices.has(key)) return false
  const { type, referenceId, operationId, suspect, linkLookups } = fact
  tables.notices.set(key, {
    ...{ key, type, referenceId, operationId, suspect, appliedAt: null },
    linkLookup: linkLookups[0] ? textOf(linkLookups[0]) : null,
    occurredAt: fact.occurredAt.getTime(),
    openedAt: msOf(fact.openedAt),
    receivedAt: tables.now(),
  })
  tables.changed()
  return true
}

export const noticeOf = (tables: Tables, fact: FactOrder): NoticeRow | undefined =>
  tables.notices.get(textOf(fact.keyHash))

/** Applying twice changes nothing; answers the dispatches whose plan it ended, or made wait. */
export function applied(tables: Tables, notice: NoticeRow | undefined): Pick<Recorded, 'touched' | 'suspect'> {
  if (!notice) return { touched: [], suspect: null }
  const links = [...tables.links.values()].filter(({ lookup }) => lookup === notice.linkLookup)
  const dispatches = dispatchesOf(tables, notice, links)
  const opens = ENDS_PLAN.has(notice.type)
  const suspect = judge(tables, notice, links)
  if (opens) {
    for (const link of links) openLink(link, notice)
    endPlans(tables, notice, dispatches)
  }
  if (notice.appliedAt === null && (!opens || links.length > 0 || notice.linkLookup === null)) {
    notice.appliedAt = tables.now()
    tables.changed()
  }
  return opens ? { touched: dispatches.map(({ id }) => id), suspect } : { touched: [], suspect: null }
}

const timeOf = ({ openedAt, occurredAt }: NoticeRow) => openedAt ?? occurredAt

function openLink(link: LinkRow, notice: NoticeRow): void {
  const at = timeOf(notice)
  const suspect = notice.type === 'link.opened' ? notice.suspect : null
  link.suspect = suspect === null ? null : link.openedAt === null ? suspect : link.suspect
  if (link.status === 'active') link.status = 'opened'
  link.openedAt = Math.min(link.openedAt ?? at, at)
  if (notice.type === 'operation.created') link.operationId = notice.operationId ?? link.operationId
}

/** A person's sign ends the plan; a machine's does about it what the dispatch was told to. */
function endPlans(tables: Tables, notice: NoticeRow, dispatches: DispatchRow[]): void {
  const at = timeOf(notice)
  const isMachine = notice.type === 'link.opened' && notice.suspect !== null
  const waits = (row: DispatchRow) =>
    isMachine && row.suspectOpens === 'hold' && ENTERED_FROM.opened.includes(row.status)
  for (const row of dispatches.filter(waits)) holdPlan(tables, row, at)
  const opened = dispatches.filter((row) => !waits(row))
  const ids = opened.map(({ id }) => id)
  const from = (status: DispatchRow['status']) => ENTERED_FROM.opened.includes(status)
  const ended = new Set(endDispatches(tables, ids, 'opened', null, { from, kinds: PLANNED }).map(({ id }) => id))
  if (opened.some(({ id, suspectUntil }) => ended.has(id) && suspectUntil !== null))
    tables.history.note({ what: 'sometimes', path: 'second sign of life' })
  for (const row of opened) row.openedAt ??= at
}

function dispatchesOf(tables: Tables, notice: NoticeRow, links: LinkRow[]): DispatchRow[] {
  const all = [...tables.dispatches.values()]
  if (notice.linkLookup !== null) return all.filter((row) => links.some(({ id }) => row.carried.has(id)))
  return all.filter((row) => row.referenceId === notice.referenceId && isRunning(row.status) && row.carried.size > 0)
}

/** Notices whose link has become known meanwhile, and those whose first application was cut short. */
export function unapplied(tables: Tables): NoticeRow[] {
  if (tables.notices.size === 0) return []
  const known = new Set([...tables.links.values()].map(({ lookup }) => lookup))
  return [...tables.notices.values()].filter(
    (n) =>
      n.appliedAt === null &&
      n.receivedAt > tables.now() - EIGHT_DAYS &&
      (!ENDS_PLAN.has(n.type) || n.linkLookup === null || known.has(n.linkLookup)),
  )
}

/** What is stored about a link is applied once more, to dispatches that carried it only after it was applied. */
export function applyAbout(tables: Tables, linkId: string): void {
  const lookup = tables.links.get(linkId)?.lookup
  for (const notice of [...tables.notices.values()])
    if (notice.linkLookup === lookup && ENDS_PLAN.has(notice.type)) applied(tables, notice)
}
