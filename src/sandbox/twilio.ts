import { timingSafeEqual } from 'node:crypto'
import express, { type Request, type Response, Router } from 'express'
import type { Fault, Faults } from './faults.ts'
import type { Ids } from './ids.ts'
import { interrupted } from './interruptions.ts'
import type { Mailbox } from './mailbox.ts'
import { type Form, listed, newMessage, shown, type TwilioMessage } from './twilio-message.ts'
import { type Refusal, refusal, refusalOf } from './twilio-refusals.ts'
import { answerReply } from './twilio-reply.ts'
import { makePostSigned } from './twilio-webhook.ts'

const KEPT = 10_000

export interface TwilioOptions {
  account: { accountSid: string; authToken: string }
  inboundUrl?: string | undefined
  faults: Faults
  mailbox: Mailbox
  now: () => Date
  ids: Ids
}

export interface TwilioStandIn {
  router: Router
  /** The person at `to` writes back; resolves when the webhook was answered. */
  reply(to: string, body: string): Promise<void>
  /** Moves a message to a status and tells its StatusCallback; false when there is no such message. */
  receipt(sid: string, status: string, errorCode?: number): Promise<boolean>
  messages(): TwilioMessage[]
  close(): void
}

/** Twilio's Messages resource: create, fetch, list, signed status callbacks and replies. */
export function makeTwilio({ account, inboundUrl, faults, mailbox, now, ids }: TwilioOptions): TwilioStandIn {
  const messages = new Map<string, TwilioMessage>()
  const optedOut = new Set<string>()
  const closing = new AbortController()
  const post = makePostSigned(account.authToken, closing.signal)
  const router = Router()
  const base = '/2010-04-01/Accounts/:account'

  router.use(base, express.urlencoded({ extended: false, limit: '64kb' }), (req, res, next) => {
    const refused = entryRefusal(req, account)
    if (refused) return sendRefusal(res, refused)
    next()
  })
  router.post(`${base}/Messages.json`, create)
  router.get(`${base}/Messages.json`, (req, res) => {
    res.json(listed([...messages.values()], req.query as Form, account.accountSid))
  })
  router.get(`${base}/Messages/:sid.json`, (req, res) => {
    const message = messages.get(req.params.sid)
    if (!message) return sendRefusal(res, refusal(20404, 404))
    res.json(shown(message, account.accountSid))
  })

  return {
    router,
    receipt,
    reply: (to, body) =>
      answerReply({ to, body, inboundUrl, account, post, mailbox, ids, optedOut, last: lastFrom(to) }),
    messages: () => [...messages.values()],
    close: () => closing.abort(),
  }

  function create(req: Request, res: Response) {
    const fault = faults.take('twilio')
    if (interrupted(fault, { req, res, accept: () => accept(req.body, fault) })) return
    const refused = faultRefusal(fault) ?? refusalOf(req.body, optedOut)
    if (refused) return sendRefusal(res, refused, fault)
    const message = accept(req.body, undefined)
    res.on('finish', () => void deliver(message, fault))
    res.status(201).json(shown(message, account.accountSid))
  }

  /** Takes the message; with a fault the answer is lost, and the receipts start at once. */
  function accept(form: Form, fault: Fault | undefined): TwilioMessage {
    const order = newMessage(form, { sid: `SM${ids(32)}`, at: now() })
    const from = order.from ?? order.messagingServiceSid ?? ''
    const { to, body: text } = order
    const seen = mailbox.add({ channel: 'sms', provider: 'twilio', direction: 'outbound', to, from, text })
    const message = { ...order, inboxId: seen.id }
    messages.set(message.sid, message)
    const [oldest] = messages.keys()
    if (messages.size > KEPT && oldest) messages.delete(oldest)
    if (fault) void deliver(message, fault)
    return message
  }

  /** +1500 55 30003 ends undelivered with 30003, and so for every 30xxx. */
  async function deliver({ sid, to }: TwilioMessage, fault: Fault | undefined) {
    if (fault?.kind === 'no_receipt') return
    const code = Number(/^\+150055(30\d{3})$/.exec(to)?.[1] ?? (fault?.kind === 'receipt' ? fault.code : 0))
    const last = fault?.kind === 'receipt' && fault.status ? String(fault.status) : code ? 'undelivered' : 'delivered'
    await receipt(sid, 'sent')
    await receipt(sid, last, code || undefined)
  }

  async function receipt(sid: string, status: string, errorCode?: number): Promise<boolean> {
    const message = messages.get(sid)
    if (!message) return false
    Object.assign(message, { status, errorCode: errorCode ?? null, updatedAt: now() })
    message.sentAt ??= now()
    mailbox.mark(message.inboxId, status)
    if (message.statusCallback) await post(message.statusCallback, receiptForm(message, account.accountSid))
    return true
  }

  function lastFrom(to: string): string {
    const last = [...messages.values()].findLast((message) => message.to === to)
    return last?.from ?? last?.messagingServiceSid ?? '+15005550006'
  }
}

function entryRefusal(req: Request, account: TwilioOptions['account']): Refusal | undefined {
  const expected = Buffer.from(`Basic ${btoa(`${account.accountSid}:${account.authToken}`)}`)
  const given = Buffer.from(req.get('authorization') ?? '')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return refusal(20003, 401)
  return req.params['account'] === account.accountSid ? undefined : refusal(20404, 404)
}

function faultRefusal(fault: Fault | undefined): Refusal | undefined {
  switch (fault?.kind) {
    case 'throttle':
      return refusal(20429, 429)
    case 'error_500':
      return refusal(20500, 500)
    case 'code':
      return refusal(Number(fault.code), Number(fault.status ?? 400))
    default:
      return undefined
  }
}

function sendRefusal(res: Response, { status, code, message }: Refusal, fault?: Fault) {
  if (fault?.['retryAfter'] !== undefined) res.set('Retry-After', String(fault['retryAfter']))
  res.status(status).json({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status })
}

const receiptForm = ({ sid, status, to, from, messagingServiceSid, errorCode }: TwilioMessage, accountSid: string) => ({
  AccountSid: accountSid,
  ApiVersion: '2010-04-01',
  ...(from ? { From: from } : {}),
  ...(messagingServiceSid ? { MessagingServiceSid: messagingServiceSid } : {}),
  ...(errorCode ? { ErrorCode: String(errorCode) } : {}),
  MessageSid: sid,
  MessageStatus: status,
  SmsSid: sid,
  SmsStatus: status,
  To: to,
})
