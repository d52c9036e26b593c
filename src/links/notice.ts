import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Notice, NoticeReader, NoticeReading } from '../flow/ports.ts'
import { type NoticeBody, noticeBody } from './shapes.ts'

const MOST_BYTES = 256 * 1024

export interface NoticeReaderOptions {
  /** More than one while a secret is being changed. */
  secrets: readonly string[]
  toleranceMs?: number
}

/** Reads the partner's webhooks (reference/m2m-partner-api.md, section 8): the signature first, over the bytes as they came. */
export function makeNoticeReader({ secrets, toleranceMs = 300_000 }: NoticeReaderOptions): NoticeReader {
  return {
    read(raw, headers, now): NoticeReading {
      const signature = headers['x-m2m-signature']
      const timestamp = headers['x-m2m-timestamp']
      if (signature === undefined || timestamp === undefined) return refused('no_signature')
      if (raw.length > MOST_BYTES) return refused('bad_body')
      if (!isSigned({ raw, signature, timestamp, secrets })) return refused('bad_signature')

      const body = noticeBody.safeParse(readJson(raw))
      if (!body.success) return refused('bad_body')
      const announced = headers['x-m2m-event']
      if (announced !== undefined && announced !== body.data.event) return refused('event_mismatch')

      const sentAt = new Date(Number(timestamp) * 1000)
      const stale = Math.abs(now.getTime() - sentAt.getTime()) > toleranceMs
      return { ok: true, notice: toNotice(body.data, raw, sentAt), stale }
    },
  }
}

interface Signed {
  raw: Buffer
  signature: string | string[]
  timestamp: string | string[]
  secrets: readonly string[]
}

/** Shape before comparison: `timingSafeEqual` throws on unequal lengths, and hex decoding cuts silently. */
function isSigned({ raw, signature, timestamp, secrets }: Signed): boolean {
  if (typeof signature !== 'string' || typeof timestamp !== 'string' || !/^\d{1,11}$/.test(timestamp)) return false
  const [, hex] = /^sha256=([0-9a-fA-F]{64})$/.exec(signature) ?? []
  if (hex === undefined) return false
  const claimed = Buffer.from(hex, 'hex')
  const matches = secrets.map((secret) => {
    const digest = createHmac('sha256', secret).update(`${timestamp}.`).update(raw).digest()
    return timingSafeEqual(claimed, digest)
  })
  return matches.includes(true)
}

function toNotice({ event, timestamp, data }: NoticeBody, raw: Buffer, sentAt: Date): Notice {
  const occurredAt = timestamp ?? sentAt
  return {
    key: keyOf(event, data) ?? `hash:${createHash('sha256').update(raw).digest('hex')}`,
    type: event,
    occurredAt,
    linkId: data.linkId,
    referenceId: data.referenceId,
    openedAt: data.openedAt ?? (event === 'link.opened' ? occurredAt : null),
    operationId: data.operationId,
    dataRequestId: data.dataRequestId,
    url: data.url,
    expiresAt: data.expiresAt,
    userAgent: data.deviceInfo?.userAgent ?? null,
    requiredFields: data.requiredFields,
    raw: raw.toString('utf8'),
  }
}

/** No delivery carries an id (dossier, section 10 rule 10): the event and what it is about must do. */
function keyOf(event: string, data: NoticeBody['data']): string | undefined {
  const subject = event.startsWith('link.')
    ? data.linkId
    : event.startsWith('operation.')
      ? data.operationId
      : event === 'user.data_request'
        ? data.dataRequestId
        : null
  return subject === null ? undefined : `${event}:${subject}`
}

function readJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    return undefined
  }
}

const refused = (reason: Extract<NoticeReading, { ok: false }>['reason']): NoticeReading => ({ ok: false, reason })
