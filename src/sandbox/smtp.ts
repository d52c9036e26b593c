import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import PostalMime, { type Email } from 'postal-mime'
import type { SMTPServerSession } from 'smtp-server'
import type { Fault, Faults } from './faults.ts'
import type { Ids } from './ids.ts'
import type { Mailbox } from './mailbox.ts'
import { SandboxSmtpServer } from './smtp-server.ts'

const LARGEST = 5 * 1024 * 1024

export interface SmtpOptions {
  host: string
  port?: number | undefined
  faults: Faults
  mailbox: Mailbox
  ids: Ids
}

/** A mail relay on loopback: plain, with a user and password made at start; what it takes lands in the mailbox. */
export async function makeSmtp({ host, port = 0, faults, mailbox, ids }: SmtpOptions) {
  const user = 'sandbox'
  const password = randomBytes(12).toString('base64url')
  const armed = makeArmed(faults)

  const server = new SandboxSmtpServer(
    {
      name: 'sandbox.invalid',
      logger: false,
      size: LARGEST,
      rejectOversized: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      disableReverseLookup: true,
      closeTimeout: 50,
      onConnect: (_session, done) => done(greetingRefusal(armed.forGreeting())),
      onAuth({ username, password: given }, _session, done) {
        if (username === user && given === password) return done(null, { user })
        done(reply(535, '5.7.8 Authentication credentials invalid'))
      },
      onMailFrom: (_address, session, done) => done(refusal(armed.forMessage(session.id), 'mail')),
      onRcptTo: ({ address }, session, done) =>
        done(refusal(armed.of(session.id), 'rcpt') ?? magicRefusal(address, 'bounce')),
      // A connection that breaks before the dot leaves nobody to answer.
      onData: (stream, session, done) =>
        void buffer(stream).then(
          (raw) => afterDot(raw, session, done),
          () => undefined,
        ),
      onClose: (session) => armed.disarm(session.id),
    },
    {
      onDataCommand(session) {
        const fault = armed.of(session.id)
        const refused = refusal(fault, 'data')
        if (refused) session.send(refused.responseCode, refused.message)
        if (fault?.kind === 'drop_before_354') session.drop()
        return !refused && fault?.kind !== 'drop_before_354'
      },
    },
  )
  server.on('error', () => undefined)
  server.listen(port, host)
  await once(server.server, 'listening')
  const address = server.server.address() as AddressInfo

  return {
    url: `smtp://${user}:${password}@${host}:${address.port}`,
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  }

  async function afterDot(raw: Buffer, session: SMTPServerSession, done: Done) {
    const fault = armed.of(session.id)
    const email = await PostalMime.parse(raw).catch(() => undefined)
    const unreadable = email ? undefined : reply(554, '5.6.0 The message could not be read')
    const refused = refusal(fault, 'dot') ?? magicRefusal(recipientOf(session), 'dot') ?? unreadable
    if (refused) return done(refused)
    if (email && fault?.done !== false) deliver(email, session)
    if (fault?.kind === 'drop_after_dot') server.session(session.id)?.drop()
    else if (fault?.kind !== 'silence_after_dot') done(null, `2.0.0 Ok: queued as ${ids(12).toUpperCase()}`)
  }

  function deliver(email: Email, session: SMTPServerSession) {
    for (const { address: to } of session.envelope.rcptTo) {
      mailbox.add({ channel: 'email', provider: 'smtp', direction: 'outbound', to, ...wordsOf(email, to) })
    }
  }
}

function wordsOf({ to = [], from, subject = '', text, html, headers }: Email, recipient: string) {
  const name = to.find(({ address }) => address?.toLowerCase() === recipient.toLowerCase())?.name
  return {
    from: `${from?.name ?? ''} <${from?.address ?? ''}>`.trim(),
    subject,
    headers: Object.fromEntries(headers.map(({ originalKey, value }) => [originalKey, value])),
    ...(name && { name }),
    ...(text && { text }),
    ...(html && { html }),
  }
}

const recipientOf = ({ envelope }: SMTPServerSession) => envelope.rcptTo[0]?.address ?? ''

type Done = (error?: Error | null, message?: string) => void
type SmtpReply = Error & { responseCode: number }

const reply = (responseCode: number, message: string): SmtpReply => Object.assign(new Error(message), { responseCode })

function greetingRefusal(fault: Fault | undefined): SmtpReply | undefined {
  if (fault?.kind === 'greeting_421') return reply(421, '4.3.2 Service not available, closing transmission channel')
  if (fault?.kind === 'greeting_554') return reply(554, '5.7.1 Your address is not welcome here')
  return undefined
}

function refusal(fault: Fault | undefined, stage: string): SmtpReply | undefined {
  if (fault?.kind !== 'code' || fault['stage'] !== stage) return undefined
  return reply(Number(fault.code ?? 550), String(fault['message'] ?? 'Refused by the sandbox'))
}

/** `bounce-5.1.1@…` is refused at RCPT with that code, `dot-5.7.1@…` after the message. */
function magicRefusal(address: string, prefix: 'bounce' | 'dot'): SmtpReply | undefined {
  const [, kind, code] = /^(bounce|dot)-([45]\.\d{1,3}\.\d{1,3})@/.exec(address) ?? []
  if (kind !== prefix || !code) return undefined
  const full = code.endsWith('.2.2')
  return reply(code.startsWith('4') ? (full ? 452 : 450) : full ? 552 : prefix === 'dot' ? 554 : 550, `${code} Refused`)
}

const strikesGreeting = (fault: Fault) => fault.kind.startsWith('greeting')

/** A greeting's fault waits for the next connection, every other one for the next message. */
function makeArmed(faults: Faults) {
  const current = new Map<string, Fault>()
  return {
    forGreeting: () => faults.take('smtp', strikesGreeting),
    forMessage(sessionId: string) {
      const fault = faults.take('smtp', (armed) => !strikesGreeting(armed))
      if (fault) current.set(sessionId, fault)
      else current.delete(sessionId)
      return fault
    },
    of: (sessionId: string) => current.get(sessionId),
    disarm: (sessionId: string) => current.delete(sessionId),
  }
}
