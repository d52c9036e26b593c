import { createHmac } from 'node:crypto'

export interface Signed {
  headers: Record<string, string>
  body: string
}

/** A webhook as the partner's pages describe it, written without the service's code or the sandbox's. */
export function partnerWebhook(secret: string, event: string, data: object, at: Date): Signed {
  const body = JSON.stringify({ event, timestamp: at.toISOString(), data })
  const timestamp = String(Math.floor(at.getTime() / 1_000))
  const signature = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return {
    headers: {
      'Content-Type': 'application/json',
      'X-M2M-Event': event,
      'X-M2M-Timestamp': timestamp,
      'X-M2M-Signature': `sha256=${signature}`,
    },
    body,
  }
}

export async function postWebhook(url: string, { headers, body }: Signed): Promise<number> {
  const answer = await fetch(`${url}/webhooks/m2m`, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  return answer.status
}
