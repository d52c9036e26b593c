import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { FAILURES } from '../../src/domain/failure.ts'
import { openHouse } from '../support/house.ts'
import { expectReady, traces } from './described-api.ts'

const house = await openHouse({ env: { ROLES: 'api' } })
const { hostname, port } = new URL(house.url)
const key = `Authorization: Bearer ${house.app.apiKey}`
const host = `Host: ${hostname}`
const order = JSON.stringify({ referenceId: 'user_1', contact: { phone: '+15125550123' } })
const JSON_TYPE = 'Content-Type: application/json'

const head = (line: string, ...headers: string[]) =>
  [line, host, key, 'Connection: close', ...headers, '', ''].join('\r\n')

/** What is sent, and what must become of it: nothing is written by any of these. */
const TRICKS: [what: string, bytes: string | Buffer, statuses: number[]][] = [
  [
    'two lengths',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Content-Length: 2', 'Content-Length: 80')}${order}`,
    [400],
  ],
  [
    'a length and chunks',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Content-Length: 4', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    [400],
  ],
  [
    'chunks twice',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Transfer-Encoding: chunked, chunked')}0\r\n\r\n`,
    [400],
  ],
  [
    'chunks in disguise',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Transfer-Encoding: xchunked')}${order}`,
    [400, 501],
  ],
  [
    'a chunk without a size',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Transfer-Encoding: chunked')}zz\r\n{}\r\n`,
    [400],
  ],
  ['a negative length', `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Content-Length: -1')}`, [400]],
  ['a length that is none', `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Content-Length: 1e3')}`, [400]],
  ['a huge length', `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Content-Length: 999999999999')}`, [413]],
  ['a folded header', head('GET /v1/dispatches HTTP/1.1', 'X-A: b\r\n c'), [200, 400]],
  ['a header with a bare line feed', head('GET /v1/dispatches HTTP/1.1', 'X-A: b\nX-B: c'), [200, 400]],
  ['a header with NUL', head('GET /v1/dispatches HTTP/1.1', 'X-A: b\u0000c'), [400]],
  ['a header without a name', head('GET /v1/dispatches HTTP/1.1', ': b'), [400]],
  ['a space before the colon', head('GET /v1/dispatches HTTP/1.1', 'X-A : b'), [400]],
  [
    '1,000 headers',
    head('GET /v1/dispatches HTTP/1.1', ...Array.from({ length: 1_000 }, (_, i) => `X-${i}: a`)),
    [200, 431],
  ],
  ['a header of 20 KB', head('GET /v1/dispatches HTTP/1.1', `X-A: ${'b'.repeat(20_480)}`), [431]],
  [
    'an Idempotency-Key with a space',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Idempotency-Key: a b', `Content-Length: ${order.length}`)}${order}`,
    [400],
  ],
  [
    'an Idempotency-Key twice',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Idempotency-Key: a', 'Idempotency-Key: b', `Content-Length: ${order.length}`)}${order}`,
    [400],
  ],
  [
    'an Idempotency-Key of 256 letters',
    `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, `Idempotency-Key: ${'k'.repeat(256)}`, `Content-Length: ${order.length}`)}${order}`,
    [400],
  ],
  ['a method of our own', head('MERGE /v1/dispatches HTTP/1.1'), [405]],
  ['a method nobody knows', head('SEND /v1/dispatches HTTP/1.1'), [400]],
  ['a method in small letters', head('post /v1/dispatches HTTP/1.1'), [400]],
  ['TRACE', head('TRACE /v1/dispatches HTTP/1.1'), [405]],
  ['OPTIONS', head('OPTIONS /v1/dispatches HTTP/1.1'), [405]],
  ['PUT', head('PUT /v1/dispatches HTTP/1.1'), [405]],
  ['CONNECT', head('CONNECT example.com:443 HTTP/1.1'), []],
  ['another method in a header', head('GET /v1/dispatches HTTP/1.1', 'X-HTTP-Method-Override: DELETE'), [200]],
  ['another method in the query', head('GET /v1/dispatches?_method=DELETE HTTP/1.1'), [422]],
  ['an absolute address', head('GET http://evil.example/v1/dispatches HTTP/1.1'), [200, 400, 404]],
  ['two slashes', head('GET //v1//dispatches HTTP/1.1'), [404]],
  ['a way up', head('GET /v1/../../etc/passwd HTTP/1.1'), [404]],
  ['a way up in disguise', head('GET /docs/errors/%2e%2e%2f%2e%2e%2fpackage.json HTTP/1.1'), [404]],
  ['a way up in the assets', head('GET /assets/console/..%2f..%2f..%2fpackage.json HTTP/1.1'), [400, 403, 404]],
  ['a null byte in the path', head('GET /assets/console/%00 HTTP/1.1'), [400, 403, 404]],
  ['a null byte in an id', head('GET /v1/dispatches/%00 HTTP/1.1'), [404]],
  ['a null byte in a query', head('GET /v1/dispatches?referenceId=%00 HTTP/1.1'), [422]],
  ['half a surrogate pair in a query', head('GET /v1/dispatches?referenceId=%ED%A0%80 HTTP/1.1'), [200, 422]],
  ['a broken escape in a query', head('GET /v1/dispatches?referenceId=%E0%A4%A HTTP/1.1'), [200, 422]],
  ['a broken escape in a path', head('GET /v1/recipients/%E0%A4%A/in-app HTTP/1.1'), [404, 405]],
  ['a query of 10 KB', head(`GET /v1/dispatches?referenceId=${'a'.repeat(10_000)} HTTP/1.1`), [422]],
  ['a query of 15,000 fields', head(`GET /v1/dispatches?${'a&'.repeat(7_000)} HTTP/1.1`), [422]],
  ['brackets in a query', head('GET /v1/dispatches?status[$ne]=sent HTTP/1.1'), [422]],
  ['__proto__ in a query', head('GET /v1/dispatches?__proto__[x]=1&constructor=2 HTTP/1.1'), [422]],
  ['a bad cursor', head('GET /v1/dispatches?cursor=%ff%fe HTTP/1.1'), [400]],
  ['a fragment', head('GET /v1/dispatches#x HTTP/1.1'), [200, 400, 404]],
  ['no path', head('GET * HTTP/1.1'), [400, 404]],
  ['no version', `GET /healthz\r\n\r\n`, [200, 400]],
  ['HTTP/9.9', head('GET /healthz HTTP/9.9'), [400]],
  ['no host', `GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n`, [400]],
  ['two hosts', head('GET /healthz HTTP/1.1', 'Host: evil.example'), [200, 400]],
  ['a host with a script', `GET /docs HTTP/1.1\r\nHost: "><script>\r\nConnection: close\r\n\r\n`, [200, 302, 400]],
  ['TLS', Buffer.from('1603010200010001fc0303', 'hex'), [400]],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['an upgrade', head('GET /v1/dispatches HTTP/1.1', 'Upgrade: websocket', 'Sec-WebSocket-Key: a'), [200, 400]],
  ['an expectation nobody meets', head('GET /healthz HTTP/1.1', 'Expect: 200-maybe'), [200, 417]],
  ['noise', Buffer.from(Array.from({ length: 2_000 }, (_, i) => (i * 7_919) % 256)), [400]],
]

describe('what no honest client sends', () => {
  it.each(TRICKS)('%s', async (_, bytes, statuses) => {
    const answer = await knock(bytes)

    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
    if (statuses.length > 0) expect(statuses, answer).toContain(status)
    expect(problemsIn(answer)).toEqual([])
    expect(answer).not.toMatch(/at .*\.[jt]s:|evil\.example|root:/)
  })

  it('wrote nothing, and the process is up', async () => {
    const before = await traces(house)

    await Promise.all(TRICKS.map(([, bytes]) => knock(bytes)))

    expect(await traces(house)).toEqual(before)
    await expectReady(house)
  })
})

describe('requests that never end', () => {
  it.each([
    [
      'a body that stops half way',
      `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Content-Length: 1000')}{"referenceId":`,
    ],
    [
      'chunks that stop',
      `${head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Transfer-Encoding: chunked')}5\r\n{"ref\r\n`,
    ],
    ['headers that stop', `POST /v1/dispatches HTTP/1.1\r\n${host}\r\nX-A`],
  ])('%s: whoever leaves costs nobody anything', async (_, bytes) => {
    const before = await traces(house)
    const socket = connect(Number(port), hostname)

    await new Promise((resolve) => socket.write(bytes, resolve))
    socket.destroy()

    await expectReady(house)
    expect(await traces(house)).toEqual(before)
  })

  it('chunks without end are cut off', async () => {
    const socket = connect(Number(port), hostname)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    const answer = text(socket).catch(String)
    socket.write(head('POST /v1/dispatches HTTP/1.1', JSON_TYPE, 'Transfer-Encoding: chunked'))
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    }
    socket.on('drain', more)

    more()
    await closed

    expect(await answer).toMatch(/HTTP\/1\.1 413|ECONNRESET|EPIPE/)
    await expectReady(house)
  })
})

/** Sends bytes on a connection of their own, and answers with all that comes back until the server closes it. */
async function knock(bytes: string | Buffer): Promise<string> {
  const socket = connect(Number(port), hostname)
  const answer = text(socket).catch(String)
  socket.write(bytes)
  return answer
}

/** An answer of ours is a problem with a code; what the parser refuses has no body at all. */
function problemsIn(answer: string): string[] {
  const [head = '', body = ''] = answer.split(/\r\n\r\n(.*)/s)
  if (!head.includes('application/problem+json')) return []
  const { code, status } = JSON.parse(body)
  const known = FAILURES[code as keyof typeof FAILURES]?.[0] === status
  return known && head.startsWith(`HTTP/1.1 ${status}`) ? [] : [body]
}
