import type { RequestHandler } from 'express'
import { type Failure, failure } from '../domain/failure.ts'
import { open } from '../flow/open.ts'
import { monotonic } from '../lib/clock.ts'
import { type Answer, send } from './answer.ts'
import { readBody } from './body.ts'
import type { HttpPorts, WebhookKind } from './ports.ts'

const BODY_LIMIT = 256 * 1_024

/** `POST /webhooks/m2m`: only the signature counts, so that a CRM may relay raw body and headers unchanged. */
export function handlePartnerWebhook(ports: HttpPorts): RequestHandler {
  return async (req, res) => {
    res.locals['route'] = '/webhooks/m2m'
    const begun = monotonic()
    let kind: WebhookKind = 'failed'
    try {
      const raw = await readBody(req, BODY_LIMIT)
      const taken = 'code' in raw ? { kind: 'refused' as const, reply: raw } : await take(ports, raw, req.headers)
      kind = taken.kind
      send(res, taken.reply)
    } finally {
      ports.metrics.webhook((monotonic() - begun) / 1_000, kind)
    }
  }
}

type Headers = Parameters<HttpPorts['notices']['read']>[1]

/** Answered 2xx only when the notice is stored, applied, and nothing it stops may start any more. */
async function take(
  ports: HttpPorts,
  raw: Buffer,
  headers: Headers,
): Promise<{ kind: WebhookKind; reply: Answer | Failure }> {
  const reading = ports.notices.read(raw, headers, ports.now())
  if (!reading.ok) return { kind: 'refused', reply: failure('bad_signature') }
  if (reading.stale) ports.metrics.staleWebhook()
  const { fresh } = await open(ports, reading.notice)
  return { kind: fresh ? 'applied' : 'repeated', reply: { status: 204 } }
}
