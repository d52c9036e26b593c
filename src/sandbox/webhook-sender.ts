import { Agent, request } from 'undici'
import type { SignedRequest } from './webhook-envelope.ts'

export interface Answer {
  status: number | null
  /** Why there was no answer, in a word. */
  error: string | null
}

/** Posts a delivery and reports what came back. Redirects are not followed; never rejects. */
export function makeSender({ timeoutMs }: { timeoutMs: () => number }) {
  const agent = new Agent({ connections: 64, connect: { timeout: 10_000 } })
  const stop = new AbortController()

  return {
    async post(url: string, { headers, body }: SignedRequest): Promise<Answer> {
      try {
        const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs()), stop.signal])
        const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: agent })
        await answer.body.dump({ limit: 65_536 })
        return { status: answer.statusCode, error: null }
      } catch (error) {
        return { status: null, error: reasonOf(error) }
      }
    },
    async close(): Promise<void> {
      stop.abort()
      await agent.destroy()
    },
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  if (error.name === 'TimeoutError') return 'timeout'
  return 'code' in error && typeof error.code === 'string' ? error.code.toLowerCase() : 'failed'
}
