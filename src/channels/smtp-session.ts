import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SmtpFailure } from './email-smtp-codes.ts'

export interface Relay {
  host: string
  port: number
  secure: boolean
  /** Plain text is for loopback; everywhere else the session is encrypted or there is none. */
  plain: boolean
  auth?: { user: string; pass: string }
  /** What we call ourselves in EHLO. */
  name: string
}

export interface Deadlines {
  connectMs: number
  greetingMs: number
  /** From MAIL FROM to 354. */
  envelopeMs: number
  /** RFC 5321 asks for 10 min after the dot: hanging up sooner produces copies. */
  finalMs: number
}

export const DEADLINES: Deadlines = { connectMs: 10_000, greetingMs: 10_000, envelopeMs: 60_000, finalMs: 600_000 }

/** One connection that carries one message at a time. */
export interface Session {
  /** Issues MAIL FROM before it returns: check the time right before. */
  send(envelope: Envelope, mime: Buffer): Promise<Sent | SmtpFailure>
  /** Ends a refused transaction; false when the connection is of no more use. */
  reset(): Promise<boolean>
  isOpen(): boolean
  /** What to do when the connection ends by itself. */
  onEnd(listener: () => void): void
  quit(): void
  close(): void
}

export interface Envelope {
  from: string
  to: string
}
export interface Sent {
  sent: true
  serverId?: string
}

interface SmtpError {
  code?: string | undefined
  originalCode?: string | undefined
  command?: string | undefined
  response?: string | undefined
}

/** Connects, greets, encrypts and authenticates. */
export async function openSession(relay: Relay, deadlines: Deadlines): Promise<Session | SmtpFailure> {
  const { default: Connection } = await import('nodemailer/lib/smtp-connection')
  const talk = makeTalk()
  const connection = new Connection({
    host: relay.host,
    port: relay.port,
    secure: relay.secure,
    name: relay.name,
    ignoreTLS: relay.plain,
    requireTLS: !relay.plain && !relay.secure,
    connectionTimeout: deadlines.connectMs,
    greetingTimeout: deadlines.greetingMs,
    socketTimeout: deadlines.finalMs,
    logger: talk.logger,
    transactionLog: true,
  })
  const failure = await opened(connection, relay, deadlines)
  if (!failure) return makeSession(connection, talk, deadlines)
  connection.close()
  return { ...failureOf(failure, 'greeting'), dataOpen: false, replies: 0 }
}

function opened(connection: SMTPConnection, { auth }: Relay, deadlines: Deadlines): Promise<SmtpError | undefined> {
  return new Promise((resolve) => {
    // The EHLO and AUTH rounds have no clock of their own in nodemailer.
    const timer = setTimeout(() => finish({ code: 'ETIMEDOUT' }), deadlines.connectMs + deadlines.greetingMs)
    connection.on('error', finish)
    connection.once('end', () => setImmediate(finish, { code: 'ECONNECTION' }))
    connection.connect((error) => {
      if (error || !auth) return finish(error)
      connection.login(auth, (refused) => finish(refused ?? undefined))
    })

    function finish(error?: SmtpError): void {
      clearTimeout(timer)
      resolve(error)
    }
  })
}

/** Until somebody waits. */
const nobody = () => undefined

function makeSession(connection: SMTPConnection, talk: Talk, { envelopeMs, finalMs }: Deadlines): Session {
  let open = true
  let ended: () => void = nobody
  let lost: () => void = nobody
  connection.once('end', () => {
    open = false
    ended()
    // Only matters when nodemailer drops the connection without a word to the message's own callback.
    setImmediate(lost)
  })
  return {
    isOpen: () => open,
    onEnd(listener) {
      ended = listener
    },
    quit() {
      connection.quit()
      connection.close()
    },
    close: () => connection.close(),
    reset: () => new Promise((resolve) => connection.reset((error) => resolve(!error))),
    send: ({ from, to }, mime) =>
      new Promise((resolve) => {
        let timer = setTimeout(finish, envelopeMs, { code: 'ETIMEDOUT' })
        lost = () => finish({ code: 'ECONNECTION' })
        talk.begin(() => {
          clearTimeout(timer)
          timer = setTimeout(finish, finalMs, { code: 'ETIMEDOUT' })
        })
        connection.send({ from, to: [to], size: mime.length }, mime, finish)

        function finish(error: SmtpError | null, info?: { serverMessageId?: string | undefined }): void {
          clearTimeout(timer)
          if (error) resolve({ ...failureOf(error, 'session'), dataOpen: talk.dataOpen, replies: talk.replies })
          else resolve({ sent: true, ...(info?.serverMessageId && { serverId: info.serverMessageId }) })
        }
      }),
  }
}

function failureOf(error: SmtpError, otherwise: 'greeting' | 'session'): Pick<SmtpFailure, 'stage' | 'code' | 'reply'> {
  const { command = '', response, originalCode = '' } = error
  const code = TLS_FAILURE.test(originalCode) ? 'ETLS' : (error.code ?? '')
  return { stage: stageOf(command, code) ?? otherwise, code, ...(response && { reply: response }) }
}

/** A refused certificate reaches us as a socket error. */
const TLS_FAILURE = /^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|EPROTO$)/

function stageOf(command: string, code: string): SmtpFailure['stage'] | undefined {
  if (command.startsWith('AUTH')) return 'auth'
  if (command === 'STARTTLS') return 'tls'
  if (command === 'MAIL FROM') return 'mail'
  if (command === 'RCPT TO') return 'rcpt'
  if (command === 'DATA') return code === 'EMESSAGE' ? 'message' : 'data'
  return undefined
}

type Talk = ReturnType<typeof makeTalk>

/**
 * nodemailer's errors do not say how far a message came, its log does. Only the relay's replies to the current message
 * are counted; nothing is kept or printed, since the log holds addresses.
 */
function makeTalk() {
  let onDataOpen: (() => void) | undefined
  const silent = () => undefined
  const talk = {
    replies: 0,
    dataOpen: false,
    begin(listener: () => void): void {
      talk.replies = 0
      talk.dataOpen = false
      onDataOpen = listener
    },
    logger: { level: silent, trace: silent, info: silent, warn: silent, error: silent, fatal: silent, debug: hear },
  }
  return talk

  function hear(entry: unknown, line: unknown): void {
    if ((entry as { tnx?: string }).tnx !== 'server' || talk.dataOpen) return
    talk.replies++
    // MAIL, RCPT, DATA: some relays answer DATA with 250 instead of 354, and nodemailer goes on.
    talk.dataOpen = /^354/.test(String(line)) || (talk.replies === 3 && /^[23]/.test(String(line)))
    if (talk.dataOpen) onDataOpen?.()
  }
}
