import type { HttpRequest } from '../../src/lib/http.ts'
import type { Chance } from '../engine/chance.ts'
import type { History } from '../engine/history.ts'
import type { Answer } from './network.ts'
import type { Weather } from './weather.ts'

const MINUTE = 60_000

export interface Link {
  linkId: string
  referenceId: string
  url: string
  status: 'active' | 'opened' | 'revoked'
  createdAt: number
  expiresAt: number
  openedAt: number | null
  operationId: string | null
}
export interface Hook {
  event: 'link.opened' | 'operation.created'
  linkId: string
  referenceId: string
  openedAt: number | null
  operationId: string | null
  byMachine: boolean
}

/** The partner: one active link a user, a limit of creations, lists, revocations, and hooks that tell what users do. */
export interface PartnerWorld {
  links: Map<string, Link>
  serve(request: HttpRequest, by: string): Answer
  /** The CRM makes one by itself; null where the user has one. */
  make(referenceId: string, minutes: number): Link | null
  /** Somebody follows the link; false when it leads nowhere. */
  open(linkId: string, byMachine: boolean): boolean
  operate(linkId: string): void
}

export interface PartnerOptions {
  now: () => number
  chance: Chance
  weather: Weather
  history: History
  perMinute: number
  newId: () => string
  tell(hook: Hook): void
}

export function makePartnerWorld(options: PartnerOptions): PartnerWorld {
  const { now, chance, weather, history, tell } = options
  const links = new Map<string, Link>()
  const creations: number[] = []
  const isActive = (link: Link) => link.status !== 'revoked' && link.expiresAt > now()
  const ofUser = (referenceId: string) =>
    [...links.values()].filter((l) => l.referenceId === referenceId && isActive(l))

  function make(referenceId: string, minutes: number): Link {
    const linkId = `lk${options.newId().slice(-6)}`
    const times = { createdAt: now(), expiresAt: now() + minutes * MINUTE, openedAt: null }
    const url = `https://links.example.com/l/${linkId}`
    const link: Link = { linkId, referenceId, url, status: 'active', operationId: null, ...times }
    links.set(linkId, link)
    history.note({ what: 'link', link: linkId, recipient: referenceId, expiresAt: link.expiresAt })
    return link
  }

  function create(body: string, by: string): Answer {
    const { referenceId, expiresInMinutes } = JSON.parse(body) as { referenceId: string; expiresInMinutes: number }
    history.note({ what: 'create', recipient: referenceId, by })
    creations.push(now())
    const lately = creations.filter((at) => at > now() - MINUTE).length
    if (lately > options.perMinute) return failure(429, 'RATE_LIMITED', { 'retry-after': '20' })
    if (ofUser(referenceId).length > 0) return failure(409, 'ACTIVE_LINK_EXISTS')
    if (chance.happens(weather.storm() * 0.01)) return failure(422, 'INVALID_USER_DATA')
    return ok(shown(make(referenceId, expiresInMinutes)))
  }

  function list(query: URLSearchParams): Answer {
    const referenceId = query.get('referenceId')
    const from = Date.parse(query.get('from') ?? '1970-01-01')
    const found = referenceId
      ? ofUser(referenceId)
      : [...links.values()].filter((l) => l.openedAt && l.createdAt >= from)
    for (const { linkId, openedAt } of found) if (openedAt !== null) history.note({ what: 'listed', link: linkId })
    return ok({ items: found.map(shown), pagination: { totalPages: 1 } })
  }

  function revoke(linkId: string): Answer {
    const link = links.get(linkId)
    if (!link) return failure(404, 'NOT_FOUND')
    link.status = 'revoked'
    return ok({})
  }

  const operations = (query: URLSearchParams) => {
    const own = [...links.values()].filter((l) => l.referenceId === query.get('referenceId') && l.operationId)
    return ok({ items: own.map(({ linkId }) => ({ linkId, status: 'created' })), pagination: { totalPages: 1 } })
  }

  function answer({ method, url, body = '' }: HttpRequest, by: string): Answer {
    const { pathname, searchParams } = new URL(url)
    if (pathname === '/partner/operations') return operations(searchParams)
    if (pathname.endsWith('/revoke')) return revoke(pathname.split('/').at(-2) ?? '')
    return method === 'POST' ? create(body, by) : list(searchParams)
  }

  const failure = (status: number, code: string, headers: Record<string, string> = {}): Answer => ({
    status,
    headers,
    body: { success: false, error: { code, message: 'no' } },
    delayMs: chance.int(5, 100),
  })
  /** Now and then an answer takes longer than anybody waits. */
  const ok = (data: unknown): Answer => ({
    status: 200,
    body: { success: true, data },
    delayMs: chance.happens(weather.storm() * 0.03) ? chance.int(5_000, 20_000) : chance.int(20, 400),
  })

  return {
    links,
    make: (referenceId, minutes) => (ofUser(referenceId).length > 0 ? null : make(referenceId, minutes)),
    serve(request, by) {
      const trouble = weather.trouble('partner')
      if (trouble === 'shut') return failure(403, 'PARTNER_SUSPENDED')
      if (trouble !== 'errors') return answer(request, by)
      // An error may come before or after the work was done.
      if (chance.happens(0.5)) answer(request, by)
      return failure(503, 'UNAVAILABLE')
    },
    open(linkId, byMachine) {
      const link = links.get(linkId)
      if (!link || !isActive(link)) return false
      if (link.openedAt !== null) return true
      link.status = 'opened'
      link.openedAt = now()
      history.note({ what: 'opened', link: linkId, byMachine })
      tell({
        event: 'link.opened',
        linkId,
        referenceId: link.referenceId,
        openedAt: now(),
        operationId: null,
        byMachine,
      })
      return true
    },
    operate(linkId) {
      const link = links.get(linkId)
      if (!link || link.operationId) return
      link.operationId = `op_${linkId}`
      history.note({ what: 'operated', link: linkId })
      const { referenceId, operationId } = link
      tell({ event: 'operation.created', linkId, referenceId, openedAt: null, operationId, byMachine: false })
    },
  }
}

const shown = (link: Link) => ({
  ...link,
  createdAt: new Date(link.createdAt).toISOString(),
  expiresAt: new Date(link.expiresAt).toISOString(),
  openedAt: link.openedAt === null ? null : new Date(link.openedAt).toISOString(),
})
