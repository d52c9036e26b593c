import type { z } from 'zod'
import { isOpened } from '../domain/magic-link.ts'
import type { Partner, PartnerAnswer } from '../flow/ports.ts'
import type { Http } from '../lib/http.ts'
import { judge } from './answer.ts'
import { link, nothing, operation, pageOf } from './shapes.ts'
import { distrustLink, distrustUrl } from './trust.ts'

const MINUTE = 60_000
const LONGEST_LIFE = 10_080 * MINUTE
/** 100,000 links: more than the partner lets us make in 16 hours. */
const MOST_PAGES = 1_000
/** A hundred links with everything that was prefilled. */
const PAGE_BYTES = 8 * 1024 * 1024

export interface PartnerOptions {
  baseUrl: string
  apiKey: string
  /** Belongs to the partner from here on, and closes with it. */
  http: Http
  /** Hosts a link may have, with a port where it is not the usual one. */
  linkHosts: readonly string[]
  now: () => Date
  deadlineMs?: number
}

/** The M2M Partner API over HTTP. */
export function makePartner({ baseUrl, apiKey, http, linkHosts, now, deadlineMs = 15_000 }: PartnerOptions): Partner {
  const headers = { 'x-api-key': apiKey, accept: 'application/json' }

  async function get<T extends z.ZodType>(path: string, query: Record<string, string>, shape: T) {
    const url = `${baseUrl}${path}?${new URLSearchParams(query)}`
    return judge(await http.request({ method: 'GET', url, headers, deadlineMs, maxBytes: PAGE_BYTES }), shape, now())
  }

  async function post<T extends z.ZodType>(
    path: string,
    content: unknown,
    shape: T,
    startBy = Number.POSITIVE_INFINITY,
  ) {
    const written = { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(content) }
    const asked = { method: 'POST' as const, url: `${baseUrl}${path}`, ...written, deadlineMs, startBy }
    return judge(await http.request(asked), shape, now())
  }

  const pages = <T extends z.ZodType>(path: string, query: Record<string, string>, item: T) =>
    allPages((page) => get(path, { ...query, limit: '100', page: `${page}` }, pageOf(item)))

  return {
    async createLink(order, startBy) {
      const answer = await post('/partner/links', order, link, startBy)
      const reason = answer.kind === 'ok' && distrustLink(answer.value, order, { hosts: linkHosts, now: now() })
      return reason ? { kind: 'untrusted', reason } : answer
    },

    async activeLinks(referenceId) {
      const answer = await pages('/partner/links', { referenceId, visibility: 'active' }, link)
      if (answer.kind !== 'ok') return answer
      if (answer.value.some((found) => found.referenceId !== referenceId)) return untrusted('foreign_reference')
      const living = answer.value.filter((found) => found.status !== 'revoked' && found.expiresAt > now())
      const reason = living.map((found) => distrustUrl(found.url, linkHosts)).find(Boolean)
      return reason ? untrusted(reason) : { kind: 'ok', value: living }
    },

    /** The partner filters by creation, so what was opened since is among what could still be opened then. */
    async openedSince(from) {
      const created = new Date(from.getTime() - LONGEST_LIFE)
      const answer = await pages('/partner/links', { status: 'opened', from: created.toISOString() }, link)
      if (answer.kind !== 'ok') return answer
      return {
        kind: 'ok',
        value: answer.value.filter((found) => isOpened(found) && !(found.openedAt && found.openedAt < from)),
      }
    },

    revokeLink: (linkId, reason) => post(`/partner/links/${encodeURIComponent(linkId)}/revoke`, { reason }, nothing),

    async hasOperation(referenceId, linkId) {
      const answer = await pages('/partner/operations', { referenceId }, operation)
      if (answer.kind !== 'ok') return answer
      return { kind: 'ok', value: answer.value.some((found) => mayBelongTo(found, linkId)) }
    },

    close: () => http.close(),
  }
}

type Page<T> = { items: T[]; pagination: { totalPages: number } }

async function allPages<T>(ask: (page: number) => Promise<PartnerAnswer<Page<T>>>): Promise<PartnerAnswer<T[]>> {
  const items: T[] = []
  for (let page = 1; page <= MOST_PAGES; page++) {
    const answer = await ask(page)
    if (answer.kind !== 'ok') return answer
    items.push(...answer.value.items)
    if (answer.value.items.length === 0 || page >= answer.value.pagination.totalPages)
      return { kind: 'ok', value: items }
  }
  return untrusted('too_many_pages')
}

/** An operation that names no link counts while it may still be under way: its link must not be revoked. */
function mayBelongTo(found: z.output<typeof operation>, linkId: string): boolean {
  return found.linkId === null
    ? !['completed', 'failed', 'cancelled'].includes(found.status ?? '')
    : found.linkId === linkId
}

const untrusted = (reason: string) => ({ kind: 'untrusted', reason }) as const
