import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Seen {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: unknown
}
export type Play = (seen: Seen, response: ServerResponse) => void

/** A partner on a real socket: plays what it is told, and remembers what it was asked. */
export async function startPartner() {
  const seen: Seen[] = []
  const stage: { play: Play } = { play: (_, response) => response.writeHead(500).end() }
  const server = createServer((request, response) => void answer(request, response))

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', 'http://partner')
    const body = await text(request)
    const one = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body === '' ? undefined : JSON.parse(body),
    }
    seen.push(one)
    stage.play(one, response)
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plays(play: Play) {
      stage.play = play
    },
    answers(status: number, body: unknown, headers: Record<string, string> = {}) {
      stage.play = (_, response) => {
        response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))
      }
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
