import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type Http, makeHttp } from '../../src/lib/http.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

test('hands over status, headers and body', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(201, { 'x-one': 'a', 'set-cookie': ['b', 'c'] }).end('hello é')
  })

  const result = await http().request({ method: 'POST', url, body: 'x', deadlineMs: 5_000 })

  expect(result).toMatchObject({
    kind: 'answer',
    status: 201,
    headers: { 'x-one': 'a', 'set-cookie': 'b, c' },
    body: 'hello é',
  })
})

test('sends method, path with query, headers and body as asked', async () => {
  const seen: string[] = []
  const url = await serve(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    seen.push(`${request.method} ${request.url} ${request.headers['x-key']} ${body}`)
    response.end()
  })

  await http().request({ method: 'PUT', url: `${url}/a?b=1`, headers: { 'x-key': 'k' }, body: 'é', deadlineMs: 5_000 })

  expect(seen).toEqual(['PUT /a?b=1 k é'])
})

test('does not follow a redirect', async () => {
  let requests = 0
  const url = await serve((_request, response) => {
    requests++
    response.writeHead(302, { location: '/elsewhere' }).end()
  })

  const result = await http().request({ method: 'GET', url, deadlineMs: 5_000 })

  expect(result).toMatchObject({ kind: 'answer', status: 302 })
  expect(requests).toBe(1)
})

test('a refused connection was not written', async () => {
  const url = await refusedUrl()

  const result = await http().request({ method: 'POST', url, body: 'x', deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'not_written', reason: 'connection_refused', late: false })
})

test('a name that does not resolve was not written', async () => {
  const result = await http().request({ method: 'GET', url: 'http://nowhere.invalid/', deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'not_written', reason: 'dns_lookup_failed', late: false })
})

test('a server that does not speak TLS was not written to', async () => {
  const port = await tcp((socket) => socket.end('220 plain text\r\n'))

  const result = await http().request({
    method: 'POST',
    url: `https://127.0.0.1:${port}/`,
    body: 'x',
    deadlineMs: 5_000,
  })

  expect(result).toEqual({ kind: 'not_written', reason: 'tls_failed', late: false })
})

test('a handshake that never ends was not written when the deadline comes', async () => {
  const port = await tcp(() => undefined)

  const result = await http().request({ method: 'POST', url: `https://127.0.0.1:${port}/`, body: 'x', deadlineMs: 60 })

  expect(result).toEqual({ kind: 'not_written', reason: 'connect_timeout', late: false })
})

test('silence after the request is unclear when the deadline comes', async () => {
  const port = await tcp((socket) => socket.resume())

  const result = await http().request({ method: 'POST', url: `http://127.0.0.1:${port}/`, body: 'x', deadlineMs: 60 })

  expect(result).toEqual({ kind: 'unclear', reason: 'timeout' })
})

test('a reset after the request is unclear, and the request is not repeated', async () => {
  let requests = 0
  const port = await tcp((socket) => {
    socket.once('data', () => {
      requests++
      socket.resetAndDestroy()
    })
  })

  const result = await http().request({ method: 'GET', url: `http://127.0.0.1:${port}/`, deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'unclear', reason: 'connection_reset' })
  expect(requests).toBe(1)
})

test('a slow drip ends at the one deadline', async () => {
  const port = await tcp((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      const drip = setInterval(() => socket.write('.'), 10)
      socket.on('close', () => clearInterval(drip)).on('error', () => clearInterval(drip))
    })
  })

  const result = await http().request({ method: 'GET', url: `http://127.0.0.1:${port}/`, deadlineMs: 100 })

  expect(result).toEqual({ kind: 'unclear', reason: 'timeout' })
})

test('an answer cut short is unclear', async () => {
  const port = await tcp((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf'))
  })

  const result = await http().request({ method: 'GET', url: `http://127.0.0.1:${port}/`, deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'unclear', reason: 'truncated' })
})

test('an answer larger than asked for is unclear', async () => {
  const url = await serve((_request, response) => response.end('x'.repeat(2_000)))

  const result = await http().request({ method: 'GET', url, deadlineMs: 5_000, maxBytes: 1_000 })

  expect(result).toEqual({ kind: 'unclear', reason: 'too_large' })
})

test('an answer that is not HTTP is unclear', async () => {
  const port = await tcp((socket) => {
    socket.once('data', () => socket.end('EHLO what?\r\n\r\n'))
  })

  const result = await http().request({ method: 'GET', url: `http://127.0.0.1:${port}/`, deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'unclear', reason: 'malformed_answer' })
})

test('past startBy nothing is written, and the ready socket serves the next request', async () => {
  let connections = 0
  const seen: (string | undefined)[] = []
  const server = createHttpServer((request, response) => {
    seen.push(request.url)
    response.end()
  }).on('connection', () => connections++)
  const url = await listen(server)
  const client = http()

  const late = await client.request({
    method: 'POST',
    url: `${url}/late`,
    body: 'x',
    deadlineMs: 5_000,
    startBy: performance.now() - 1,
  })
  const next = await client.request({ method: 'POST', url: `${url}/next`, body: 'x', deadlineMs: 5_000 })

  expect(late).toEqual({ kind: 'not_written', reason: 'late', late: true })
  expect(next).toMatchObject({ kind: 'answer', status: 200 })
  expect(seen).toEqual(['/next'])
  expect(connections).toBe(1)
})

test('requests at the same time do not wait for each other', async () => {
  const waiting: (() => void)[] = []
  const url = await serve((_request, response) => {
    waiting.push(() => response.end())
    if (waiting.length === 5) for (const answer of waiting) answer()
  })
  const client = http()

  const results = await Promise.all(
    Array.from({ length: 5 }, () => client.request({ method: 'POST', url, body: 'x', deadlineMs: 5_000 })),
  )

  expect(results.map((result) => result.kind)).toEqual(Array(5).fill('answer'))
})

test('sockets are used again', async () => {
  let connections = 0
  const url = await listen(
    createHttpServer((_request, response) => response.end()).on('connection', () => connections++),
  )
  const client = http()

  for (let i = 0; i < 10; i++) await client.request({ method: 'GET', url, deadlineMs: 5_000 })

  expect(connections).toBeLessThanOrEqual(2)
})

test('an address that is no URL is an answer, not an exception', async () => {
  const result = await http().request({ method: 'GET', url: 'not a url', deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'not_written', reason: 'invalid_url', late: false })
})

test('a header that cannot be sent is an answer, not an exception', async () => {
  const url = await serve((_request, response) => response.end())

  const result = await http().request({ method: 'GET', url, headers: { 'x-key': 'a\r\nb' }, deadlineMs: 5_000 })

  expect(result).toEqual({ kind: 'not_written', reason: 'invalid_request', late: false })
})

function http(): Http {
  const client = makeHttp()
  closers.unshift(() => client.close())
  return client
}

const serve = (listener: RequestListener) => listen(createHttpServer(listener))

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function tcp(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => sockets.delete(socket)).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.unshift(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  )
  return (server.address() as AddressInfo).port
}

async function refusedUrl(): Promise<string> {
  const port = await tcp(() => undefined)
  await closers.shift()?.()
  return `http://127.0.0.1:${port}`
}
