import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Agent, request } from 'undici'

export interface Relay {
  url: string
  lead(url: string): void
  close(): Promise<void>
}

/** What passed, and when its answer came: the moment that promises are counted from. */
export interface Passed {
  path: string
  body: string
  status: number
  at: number
}

/** What stands before the service's API, as a balancer would: the world outside reaches it here, and here its answers are noted. */
export async function startRelay(onPassed: (passed: Passed) => void): Promise<Relay> {
  const agent = new Agent({ connections: 128, pipelining: 1, keepAliveTimeout: 1_000 })
  let leadsTo = ''

  async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req)
    const headers = passedOn(req.headers)
    const path = req.url ?? '/'
    try {
      const answer = await request(`${leadsTo}${path}`, {
        method: req.method === 'GET' ? 'GET' : 'POST',
        headers,
        body,
        dispatcher: agent,
        headersTimeout: 40_000,
      })
      const content = Buffer.from(await answer.body.arrayBuffer())
      onPassed({ path, body: body.toString('utf8'), status: answer.statusCode, at: Date.now() })
      const type = answer.headers['content-type']
      if (typeof type === 'string') res.setHeader('content-type', type)
      res.writeHead(answer.statusCode).end(content)
    } catch {
      // Nobody at home, or gone in the middle: what a balancer says then.
      res.writeHead(502).end()
    }
  }

  const server = createServer((req, res) => void forward(req, res).catch(() => res.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    lead: (url) => {
      leadsTo = url
    },
    async close() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await agent.destroy()
    },
  }
}

/** Those that speak of the message, not of the connection it came on. */
const passedOn = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !['host', 'connection', 'transfer-encoding', 'content-length'].includes(name)
        ? [[name, value]]
        : [],
    ),
  )
