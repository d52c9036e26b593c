import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { type Closers, makeClosers } from '../../src/lib/closers.ts'
import { freePort } from '../../src/lib/free-port.ts'
import { makeHttp } from '../../src/lib/http.ts'
import { makeAlerts } from '../../src/webhooks/alerts.ts'

let closers: Closers = makeClosers()
afterEach(async () => {
  await closers.closeAll()
  closers = makeClosers()
})

interface Heard {
  method: string | undefined
  type: string | undefined
  body: string
}

/** An alert endpoint that answers each request in turn with one of `statuses`, and then with 200. */
async function openEndpoint(...statuses: number[]) {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    heard.push({ method: request.method, type: request.headers['content-type'], body: await textOf(request) })
    response.writeHead(statuses[heard.length - 1] ?? 200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.add('server', () => void server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`, heard }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function alertsTo(url: string | undefined) {
  const http = makeHttp()
  closers.add('http', http.close)
  const problems: string[] = []
  return { alert: makeAlerts({ http, url, onError: (reason) => problems.push(reason) }), problems }
}
const placed = { type: 'hold_placed', scope: 'partner', value: '*', reason: 'unauthorized' } as const

it('tells the endpoint once, as JSON', async () => {
  const { url, heard } = await openEndpoint()
  const { alert, problems } = alertsTo(url)

  await alert(placed)

  expect(heard).toEqual([{ method: 'POST', type: 'application/json', body: JSON.stringify(placed) }])
  expect(problems).toEqual([])
})

it('tells it again when it was not taken', async () => {
  const { url, heard } = await openEndpoint(500, 429)
  const { alert, problems } = alertsTo(url)

  await alert(placed)

  expect(heard).toHaveLength(3)
  expect(problems).toEqual([])
})

it('says so when it was never taken, and fails nobody', async () => {
  const { url, heard } = await openEndpoint(500, 500, 503)
  const { alert, problems } = alertsTo(url)

  await alert(placed)

  expect(heard).toHaveLength(3)
  expect(problems).toEqual(['answered 503'])
})

it('takes a redirect for a refusal, and does not follow it', async () => {
  const { url, heard } = await openEndpoint(302, 302, 302)
  const { alert, problems } = alertsTo(url)

  await alert(placed)

  expect(problems).toEqual(['answered 302'])
  expect(heard).toHaveLength(3)
})

it('says so when nobody listens', async () => {
  const { alert, problems } = alertsTo(`http://127.0.0.1:${await freePort()}/`)

  await alert(placed)

  expect(problems).toEqual(['connection_refused'])
})

it('is silent where no endpoint is configured', async () => {
  const { alert, problems } = alertsTo(undefined)

  await alert(placed)

  expect(problems).toEqual([])
})
