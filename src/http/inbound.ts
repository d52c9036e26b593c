import type { Request, RequestHandler } from 'express'
import { type Failure, failure } from '../domain/failure.ts'
import type { ReceiptRefusal, ReceiptRequest } from '../flow/ports-receipts.ts'
import { recordReceipt } from '../flow/record-receipt.ts'
import { reply } from '../flow/reply.ts'
import { type Answer, send } from './answer.ts'
import { readBody } from './body.ts'
import type { HttpPorts } from './ports.ts'

/** The largest reader takes a megabyte; each has a bound of its own below that. */
const BODY_LIMIT = 1_024 * 1_024

/** `POST /webhooks/twilio/status`: what became of a text. */
export const handleTwilioStatus = (ports: HttpPorts): RequestHandler =>
  handler('/webhooks/twilio/status', (request) => hear(ports, 'twilio', 'sms', request))

/** `POST /webhooks/email/{provider}`: bounces, complaints, deliveries. */
export const handleEmailReceipts = (ports: HttpPorts): RequestHandler =>
  handler('/webhooks/email/{provider}', (request, req) => hear(ports, String(req.params['provider']), 'email', request))

/** `POST /webhooks/twilio/inbound`: what people write back. Answered when what it stops has stopped. */
export const handleTwilioInbound = (ports: HttpPorts): RequestHandler =>
  handler('/webhooks/twilio/inbound', async (request) => {
    const reading = ports.textReaders.get('twilio')?.read(request)
    if (!reading) return failure('not_found')
    if (!reading.ok) return refusalOf(reading)
    const { answer } = reading.text ? await reply(replyPorts(ports), reading.text) : { answer: null }
    const headers = { 'Content-Type': 'text/xml; charset=utf-8' }
    return { status: 200, page: ports.answerText(answer === null ? [] : [answer]), headers }
  })

const replyPorts = (ports: HttpPorts) => ({ ...ports, defaultLocale: ports.defaults.locale })

/** Attempts that are not ours, and words that change nothing, are answered like all others: the provider need not come again. */
async function hear(
  ports: HttpPorts,
  provider: string,
  channel: 'sms' | 'email',
  request: ReceiptRequest,
): Promise<Answer | Failure> {
  const reader = ports.receiptReaders.get(provider)
  if (reader?.channel !== channel) return failure('not_found')
  const reading = await reader.read(request, ports.now())
  if (!reading.ok) return refusalOf(reading)
  for (const receipt of reading.receipts) await recordReceipt(ports.hearing, receipt)
  return { status: 204 }
}

const refusalOf = ({ reason }: ReceiptRefusal) => failure(reason === 'unavailable' ? 'unavailable' : 'bad_signature')

function handler(
  route: string,
  act: (request: ReceiptRequest, req: Request) => Promise<Answer | Failure>,
): RequestHandler {
  return async (req, res) => {
    res.locals['route'] = route
    const raw = await readBody(req, BODY_LIMIT)
    send(res, 'code' in raw ? raw : await act({ url: req.originalUrl, raw, headers: req.headers }, req))
  }
}
