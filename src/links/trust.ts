import type { PartnerLink } from '../domain/magic-link.ts'
import type { LinkOrder } from '../flow/ports.ts'
import { isLoopback } from '../lib/env.ts'

const TOLERANCE_MS = 5 * 60_000

/** Why a fresh link must not be sent to anyone; undefined when it may. */
export function distrustLink(
  link: PartnerLink,
  order: Pick<LinkOrder, 'referenceId' | 'expiresInMinutes'>,
  { hosts, now }: { hosts: readonly string[]; now: Date },
): string | undefined {
  if (link.referenceId !== order.referenceId) return 'foreign_reference'
  if (link.expiresAt <= now) return 'already_expired'
  if (link.expiresAt.getTime() > now.getTime() + order.expiresInMinutes * 60_000 + TOLERANCE_MS)
    return 'expires_too_late'
  return distrustUrl(link.url, hosts)
}

/** https on a listed host and its listed port; plain http on this machine only, where that is listed. */
export function distrustUrl(text: string, hosts: readonly string[]): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.username || url.password) return 'bad_url'
  const local = isLoopback(url.hostname)
  if (!hosts.includes(url.host) && !(local && hosts.includes(url.hostname))) return 'foreign_host'
  return url.protocol === 'https:' || (url.protocol === 'http:' && local) ? undefined : 'not_https'
}
