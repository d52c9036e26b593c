import express, { type Request, type Response, Router } from 'express'
import type { Fault, Faults } from './faults.ts'
import type { Ids } from './ids.ts'
import { interrupted } from './interruptions.ts'
import type { Mailbox } from './mailbox.ts'
import { type Form, segmentsOf } from './twilio-message.ts'

/** Vonage answers 200 to everything; the status inside tells (their SMS API reference). */
const ERRORS: Record<string, string> = {
  1: 'Throughput Rate Exceeded - please wait [ 250 ] and retry',
  2: 'Missing api_key',
  3: 'Invalid value for parameter',
  4: 'Bad Credentials',
  5: 'Internal Error',
  6: 'Invalid Message',
  7: 'Number barred',
  8: 'Partner account barred',
  9: 'Partner quota exceeded',
  11: 'Account not enabled for HTTP',
  12: 'Message too long',
  15: 'Illegal Sender Address - rejected',
  29: 'Non White-listed Destination - rejected',
  33: 'Number De-activated',
}

export interface VonageOptions {
  account?: { apiKey: string; apiSecret: string } | undefined
  faults: Faults
  mailbox: Mailbox
  now: () => Date
  ids: Ids
}

/** Vonage's SMS API. Without an account any key and secret will do; +1500 555 90NN is refused with status NN. */
export function makeVonage({ account, faults, mailbox, now, ids }: VonageOptions): { router: Router; close(): void } {
  const closing = new AbortController()
  const router = Router()
  router.use('/sms/json', express.urlencoded({ extended: false }), express.json())
  router.post('/sms/json', send)
  return { router, close: () => closing.abort() }

  function send(req: Request, res: Response) {
    const form: Form = { ...basicAuth(req.get('authorization')), ...req.body }
    const fault = faults.take('vonage')
    if (interrupted(fault, { req, res, accept: () => accept(form) })) return
    if (fault?.kind === 'error_500') return res.status(500).send('Internal Server Error')
    const status = faultStatus(fault) ?? problemOf(form, account)
    if (status) return res.json(answer([{ status, 'error-text': ERRORS[status] ?? 'Error' }]))
    const parts = accept(form)
    if (form['callback']) res.on('finish', () => void sendReceipts(form, parts))
    res.json(answer(parts.map((id) => taken(form['to'] ?? '', id))))
  }

  function accept({ to = '', from = '', text = '' }: Form): string[] {
    mailbox.add({
      channel: 'sms',
      provider: 'vonage',
      direction: 'outbound',
      to: `+${to.replace(/\D/g, '')}`,
      from,
      text,
    })
    return Array.from({ length: segmentsOf(text) }, () => ids(16).toUpperCase())
  }

  async function sendReceipts(form: Form, parts: string[]) {
    for (const id of parts) {
      const receipt = { msisdn: form['to'], to: form['from'], messageId: id, status: 'delivered', 'err-code': '0' }
      await fetch(form['callback'] ?? '', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...receipt, 'client-ref': form['client-ref'], 'message-timestamp': stamp(now()) }),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(15_000)]),
      }).catch(() => undefined)
    }
  }
}

const answer = (messages: object[]) => ({ 'message-count': String(messages.length), messages })

const taken = (to: string, id: string) => ({
  to,
  'message-id': id,
  status: '0',
  'remaining-balance': '15.53590000',
  'message-price': '0.03330000',
  network: '310090',
})

function faultStatus(fault: Fault | undefined): string | undefined {
  if (fault?.kind === 'throttle') return '1'
  return fault?.kind === 'code' ? String(fault.code ?? fault.status) : undefined
}

function problemOf(form: Form, account: VonageOptions['account']): string | undefined {
  const { api_key: key, api_secret: secret, to, from, text } = form
  if (!key || !secret || !to || !from || !text) return '2'
  if (account && (key !== account.apiKey || secret !== account.apiSecret)) return '4'
  const magic = /^1500555 ?90(\d\d)$/.exec(to)?.[1]
  if (magic) return String(Number(magic))
  if (!/^\+?[1-9]\d{6,14}$/.test(to)) return '3'
  return undefined
}

function basicAuth(header: string | undefined): Form {
  if (!header?.startsWith('Basic ')) return {}
  const [api_key, api_secret] = atob(header.slice(6)).split(':')
  return { api_key, api_secret }
}

const stamp = (date: Date) => date.toISOString().slice(0, 19).replace('T', ' ')
