import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { makeCsvReader } from '../src/lib/csv.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever the API answers; what is not there is a fault of this run.
export type Json = Record<string, any>

interface Asked {
  body?: string | Readable
  type?: string
  key?: string
}

export type Manager = ReturnType<typeof makeManager>
export interface Acted {
  askedAt: number
  /** When the answer came: what was promised is counted from here. */
  answeredAt: number
  body: Json
}

/** An upload or an estimate of a large audience takes some time. */
const PATIENCE_MS = 300_000
const BETWEEN_TRIES_MS = 250
/** Fewer than may be told one by one as known when the whole is sent again. */
const CUT_OFF_AFTER = 100_000
const CUT_OFF_MS = 2_000

/** A person with a campaign, over the API: whatever is not answered is asked again, since doing it once more changes nothing. */
export function makeManager(apiUrl: string, apiKey: string) {
  const agent = new Agent({ connections: 8, pipelining: 1, keepAliveTimeout: 1_000 })

  async function once(method: 'GET' | 'POST', path: string, { body, type, key }: Asked = {}) {
    const answer = await request(`${apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiKey}`,
        ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body }),
      dispatcher: agent,
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }

  async function until(method: 'GET' | 'POST', path: string, asked: Asked = {}): Promise<string> {
    const giveUpAt = performance.now() + PATIENCE_MS
    for (;;) {
      const answer = await once(method, path, asked).catch(() => undefined)
      if (answer && answer.status < 300) return answer.text
      if ((answer && answer.status < 500) || performance.now() > giveUpAt)
        throw new Error(`${method} ${path.replace(/cmp_\w+/, '…')} was answered ${answer?.status}: ${answer?.text}`)
      await pause(BETWEEN_TRIES_MS)
    }
  }

  const post = async (path: string, body: object = {}, key?: string): Promise<Json> =>
    JSON.parse(await until('POST', path, { body: JSON.stringify(body), ...(key !== undefined && { key }) }))

  return {
    create: (wish: object) => post('/v1/campaigns', wish, 'campaign-proof'),
    /** Sends some of it and hangs up. */
    async cutOff(id: string, csv: string): Promise<void> {
      const some = csv.slice(0, Math.min(CUT_OFF_AFTER, Math.floor(csv.length / 2)))
      const body = Readable.from(
        (async function* () {
          yield some
          await pause(CUT_OFF_MS)
          throw new Error('cut off')
        })(),
      )
      await once('POST', `/v1/campaigns/${id}/audience`, { body, type: 'text/csv' }).catch(() => undefined)
    },
    upload: async (id: string, csv: string): Promise<Json> =>
      JSON.parse(await until('POST', `/v1/campaigns/${id}/audience`, { body: csv, type: 'text/csv' })),
    suppress: async (lines: readonly string[]): Promise<Json> =>
      JSON.parse(await until('POST', '/v1/suppressions/import', { body: lines.join('\n'), type: 'text/csv' })),
    refusedLines: async (path: string) => linesIn(await until('GET', path)),
    async act(id: string, verb: 'start' | 'pause' | 'resume' | 'estimate'): Promise<Acted> {
      const askedAt = Date.now()
      const body = await post(`/v1/campaigns/${id}/${verb}`)
      return { askedAt, answeredAt: Date.now(), body }
    },
    one: async (id: string): Promise<Json> => JSON.parse(await until('GET', `/v1/campaigns/${id}`)),
    progress: async (id: string): Promise<Json> => JSON.parse(await until('GET', `/v1/campaigns/${id}/progress`)),
    close: () => agent.destroy(),
  }
}

export interface Refused {
  line: number
  reason: string
}

/** Records of the file that tells of lines that were not taken, below its head. */
function linesIn(text: string): Refused[] {
  const records = [...makeCsvReader({ delimiter: ',', longest: 1_000_000 }).read(text, true)]
  return records.slice(1).map(({ cells: [line = '', , reason = ''] }) => ({ line: Number(line), reason }))
}
