import type { Outcome } from '../domain/outcome.ts'
import type { Attempt, Provider } from '../flow/ports.ts'
import { asciiAddress, buildMime, domainOf, isOneAddress, readSender } from './email-mime.ts'
import { judgeFailure, type SmtpFailure } from './email-smtp-codes.ts'
import {
  DEADLINES,
  type Deadlines,
  type Envelope,
  openSession,
  type Relay,
  type Sent,
  type Session,
} from './smtp-session.ts'

export interface SmtpOptions {
  /** `smtp[s]://user:password@host:port` */
  url: string
  /** `Name <address>` or `address` */
  from: string
  /** Connections kept open between messages. */
  slots?: number
  now: () => Date
  deadlines?: Partial<Deadlines>
  idleMs?: number
}

interface Mail {
  envelope: Envelope
  mime: Buffer
  messageId: string
}

/** Each message has a connection to itself: a kept one that is free, else a new one. Nothing waits in a queue. */
export function makeSmtp({ url, from, slots = 10, now, deadlines, idleMs = 5 * 60_000 }: SmtpOptions): Provider {
  const sender = readSender(from)
  const relay = readRelay(url, domainOf(sender.address))
  const free = makeFreeList(slots, idleMs)
  const escalate = makeEscalation(now)
  return {
    name: 'smtp',
    sender: sender.address,
    channel: 'email',
    async send(message, attempt) {
      if (message.channel !== 'email') return { kind: 'permanent', reason: 'wrong_channel', alert: true }
      if (!isOneAddress(message.to.address)) return { kind: 'permanent', reason: 'address_malformed' }
      const messageId = `<${attempt.stepId}@${domainOf(sender.address)}>`
      const mime = await buildMime({ from: sender, messageId, date: now(), locale: attempt.locale, message })
      return deliver(
        { envelope: { from: sender.address, to: asciiAddress(message.to.address) }, mime, messageId },
        attempt,
      )
    },
    close: async () => free.close(),
  }

  async function deliver(mail: Mail, attempt: Attempt): Promise<Outcome> {
    const kept = free.take()
    const first = kept && (await sendOn(kept, mail, attempt))
    if (first && !isStale(first)) return outcomeOf(first, mail)
    const session = await openSession(relay, { ...DEADLINES, ...deadlines })
    return outcomeOf('stage' in session ? session : await sendOn(session, mail, attempt), mail)
  }

  /** The time is checked with a ready connection in hand, right before MAIL FROM; a connection in good order is kept. */
  async function sendOn(
    session: Session,
    { envelope, mime }: Mail,
    attempt: Attempt,
  ): Promise<Sent | SmtpFailure | 'late'> {
    if (performance.now() > attempt.startBy) {
      free.give(session)
      return 'late'
    }
    const end = await session.send(envelope, mime)
    if ('sent' in end) free.give(session)
    else if (end.stage === 'rcpt') void startOver(session)
    else session.close()
    return end
  }

  /** A refused recipient leaves the connection in good order, once the transaction is taken back. */
  async function startOver(session: Session): Promise<void> {
    if (await session.reset()) free.give(session)
    else session.close()
  }

  function outcomeOf(end: Sent | SmtpFailure | 'late', { messageId }: Mail): Outcome {
    if (end === 'late') return { kind: 'late' }
    return escalate('sent' in end ? { kind: 'accepted', providerId: end.serverId ?? messageId } : judgeFailure(end))
  }
}

/** A kept connection that the relay had closed, or closes instead of answering: nothing was sent, a new one may try. */
const isStale = (end: Sent | SmtpFailure | 'late'): boolean =>
  typeof end === 'object' &&
  'stage' in end &&
  !end.dataOpen &&
  (isUnheard(end) || /^421(?!.4\.7)/.test(end.reply ?? ''))

const isUnheard = ({ replies, code }: SmtpFailure): boolean =>
  replies === 0 && (code === 'ECONNECTION' || code === 'ESOCKET')

/** DNS that fails for 5 minutes and TLS that fails 3 times in a row are no longer a passing fault. */
function makeEscalation(now: () => Date): (outcome: Outcome) => Outcome {
  let tlsFailures = 0
  let dnsFailingSince: number | undefined
  return (outcome) => {
    const reason = 'reason' in outcome ? outcome.reason : ''
    tlsFailures = reason === 'tls_failed' ? tlsFailures + 1 : 0
    dnsFailingSince = reason === 'dns_lookup_failed' ? (dnsFailingSince ?? now().getTime()) : undefined
    const lasting =
      tlsFailures >= 3 || (dnsFailingSince !== undefined && now().getTime() - dnsFailingSince >= 5 * 60_000)
    return lasting ? { kind: 'alert', reason } : outcome
  }
}

/** Open connections nobody uses: the youngest first, and none for longer than `idleMs`. */
function makeFreeList(slots: number, idleMs: number) {
  const free = new Map<Session, NodeJS.Timeout>()
  let closed = false
  return {
    take(): Session | undefined {
      const session = [...free.keys()].at(-1)
      if (session) drop(session)
      return session
    },
    give(session: Session): void {
      if (!session.isOpen()) return
      if (closed || free.size >= slots) {
        session.quit()
        return
      }
      free.set(session, setTimeout(() => session.quit(), idleMs).unref())
      session.onEnd(() => drop(session))
    },
    close(): void {
      closed = true
      for (const session of [...free.keys()]) session.quit()
    },
  }

  function drop(session: Session): void {
    clearTimeout(free.get(session))
    free.delete(session)
  }
}

function readRelay(text: string, name: string): Relay {
  const url = new URL(text)
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const auth = { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) }
  return {
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    plain: !secure && /^(localhost|127(\.\d+){3}|::1)$/.test(host),
    name,
    ...(auth.user && { auth }),
  }
}
