import type { Fact, RequestFact } from '../engine/history.ts'
import type { Evidence } from './check.ts'
import { makeOpens, type Opens } from './opens.ts'

type Request = RequestFact & { t: number }

/** P2, P4 and the other stops: once they were answered, nothing they stop starts any more. */
export function fences({ facts, broken }: Evidence): void {
  const seen: Sight = { opens: makeOpens(), barred: new Map(), stopped: new Map(), holds: new Set() }
  for (const fact of facts) {
    if (fact.what === 'request') for (const [promise, message] of breaches(seen, fact)) broken(promise, fact.t, message)
    seen.opens.see(fact)
    see(seen, fact)
  }
}

interface Sight {
  opens: Opens
  barred: Map<string, { scope: 'all' | 'commercial'; why: string }>
  stopped: Map<string, string>
  holds: Set<string>
}

function see(seen: Sight, fact: Fact): void {
  switch (fact.what) {
    case 'barred':
      for (const address of fact.addresses)
        if (seen.barred.get(address)?.scope !== 'all') seen.barred.set(address, fact)
      break
    case 'unbarred':
      for (const address of fact.addresses) seen.barred.delete(address)
      break
    case 'stop answered':
      seen.stopped.set(fact.dispatch, fact.why)
      break
    case 'hold answered':
      seen.holds.add(`${fact.scope}:${fact.value}`)
      break
    case 'hold lifted':
      if (fact.by === 'person') seen.holds.delete(`${fact.scope}:${fact.value}`)
      break
  }
}

function breaches(seen: Sight, request: Request): [string, string][] {
  const found: [string, string][] = []
  const { dispatch, n, kind, channel, address, recipient, provider } = request
  const what = `step ${n} (${kind}) of ${dispatch} by ${channel}`
  const open = seen.opens.forbids(request)
  if (open) found.push(['P2', `${what} started after the open of ${open} was answered`])
  for (const key of [address, `recipient_${channel}:${recipient}`, `recipient:${recipient}`]) {
    const bar = seen.barred.get(key)
    if (bar && (bar.scope === 'all' || request.category === 'commercial'))
      found.push(['P4', `${what} started after ${key} was barred (${bar.why})`])
  }
  const stop = seen.stopped.get(dispatch)
  if (stop) found.push(['stops', `${what} started after it was ${stop}`])
  const scopes = ['all:*', `channel:${channel}`, `provider:${provider}`, `template:${request.template}`]
  const held = scopes.find((scope) => seen.holds.has(scope))
  if (held) found.push(['holds', `${what} started while a person holds ${held}`])
  return found
}
