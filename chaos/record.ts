import type { InboxMessage } from '../src/sandbox/mailbox.ts'
import type { Sandbox } from '../src/sandbox/sandbox.ts'
import type { Arrival, Opened, Stopped } from './history.ts'
import type { Passed } from './relay.ts'

/** Arrivals, and the answers that promises are counted from. */
export function makeRecord() {
  const arrivals: Arrival[] = []
  const opened = new Map<string, Opened>()
  const stopped: Stopped[] = []
  const tries = new Map<string, number>()
  const createsAt: number[] = []
  const listeners = new Set<(arrival: Arrival) => void>()

  function passed({ path, body, status, at }: Passed): void {
    const fine = status >= 200 && status < 300
    if (path === '/webhooks/m2m') heardOpen(JSON.parse(body), fine, at)
    if (path === '/webhooks/twilio/inbound' && fine)
      stopped.push({ of: 'address', value: new URLSearchParams(body).get('From') ?? '', answeredAt: at })
  }

  function heardOpen({ event, data }: { event: string; data: { linkId: string } }, fine: boolean, at: number): void {
    if (event !== 'link.opened') return
    const { linkId } = data
    const heard = (tries.get(linkId) ?? 0) + 1
    tries.set(linkId, heard)
    if (fine && !opened.has(linkId)) opened.set(linkId, { linkId, answeredAt: at, tries: heard })
  }

  function follow({ world }: Sandbox, now: () => Date): void {
    world.mailbox.onAdd((message) => {
      if (message.direction !== 'outbound') return
      const at = Date.now()
      const add = (place: Pick<Arrival, 'dispatchId' | 'step' | 'attempt'>) => {
        const arrival = arrivalOf(message, place, at, now().getTime())
        arrivals.push(arrival)
        for (const tell of listeners) tell(arrival)
      }
      if (message.channel !== 'sms') return add(placeOf(message))
      // Twilio's own words to a person who said STOP are nobody's message; ours is on its list once this turn is over.
      queueMicrotask(() => {
        const sent = world.twilio.messages().at(-1)
        if (sent?.inboxId === message.id) add(attemptIn(sent.statusCallback ?? ''))
      })
    })
  }

  let readUntil = 0
  return {
    arrivals,
    opened,
    stopped,
    createsAt,
    passed,
    follow,
    onArrival: (listener: (arrival: Arrival) => void) => listeners.add(listener),
    /** The partner's own record of the calls it got; it keeps the last of them only, so it is read now and then. */
    readCalls({ world, now }: { world: Sandbox['world']; now: () => Date }): void {
      const until = now().getTime() - 1
      for (const { at, method, path } of world.calls()) {
        const when = at.getTime()
        if (method === 'POST' && path === '/partner/links' && when > readUntil && when <= until) createsAt.push(when)
      }
      readUntil = until
    },
  }
}

const arrivalOf = (
  message: InboxMessage,
  place: Pick<Arrival, 'dispatchId' | 'step' | 'attempt'>,
  at: number,
  worldAt: number,
): Arrival => ({
  at,
  worldAt,
  ...place,
  channel: message.channel,
  to: message.to,
  kind: /reminder|recordatorio|lembrete/i.test(`${message.text} ${message.subject} ${message.title}`)
    ? 'reminder'
    : 'first',
  linkId: /\/widget\/([\w-]+)\//.exec(`${message.url} ${message.text}`)?.[1] ?? null,
})

/** Our own id of the attempt stands in the address that Twilio tells receipts to. */
function attemptIn(callback: string) {
  const [dispatchId = null, step, attempt] = (URL.parse(callback)?.searchParams.get('attempt') ?? '').split('.')
  return { dispatchId: dispatchId || null, step: step ? Number(step) : null, attempt: attempt ? Number(attempt) : null }
}

/** A mail is called after its step; a push tells only whose device it is: its token is made of the dispatch's key. */
function placeOf({ headers = {} }: InboxMessage) {
  const [, dispatchId = null, step] = /<([\w-]+)\.(\d+)@/.exec(headers['Message-ID'] ?? '') ?? []
  return { dispatchId, step: step ? Number(step) : null, attempt: null }
}
