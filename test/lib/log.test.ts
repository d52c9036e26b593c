import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { pinoHttp } from 'pino-http'
import { describe, expect, test } from 'vitest'
import { logSerializers, makeLog } from '../../src/lib/log.ts'

function makeRecorder(options: { pretty?: boolean; level?: string } = {}) {
  const lines: string[] = []
  const log = makeLog({ level: 'info', ...options, destination: { write: (line) => void lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') }
}

const SECRET_HEADERS = {
  authorization: 'Bearer canary-1',
  cookie: 'session=canary-2',
  'set-cookie': ['a=canary-3', 'b=canary-4'],
  'x-api-key': 'canary-5',
  'X-M2M-Signature': 'sha256=canary-6',
  'x-twilio-signature': 'canary"7\\',
}

describe('a line', () => {
  test('is JSON with level, time and message', () => {
    const { log, last } = makeRecorder()

    log.info({ dispatchId: 'dsp_1', count: 3 }, 'sent')

    expect(last()).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      dispatchId: 'dsp_1',
      count: 3,
      msg: 'sent',
    })
  })

  test('is left out below the level', () => {
    const { log, lines } = makeRecorder({ level: 'warn' })

    log.info('nothing')

    expect(lines).toEqual([])
  })

  test.each([false, true])('stays one line whatever it says (pretty: %s)', (pretty) => {
    const { log, lines } = makeRecorder({ pretty })

    log.warn({ name: 'a\r\nb\u001b[31m' }, 'one\ntwo\u001b[2J\u2028three')

    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/^\P{Cc}+\n$/u)
  })

  test('can be read by a person', () => {
    const { log, lines } = makeRecorder({ pretty: true })

    log.error({ queue: 'sms' }, 'held')

    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR held \{"queue":"sms"\}\n$/)
  })
})

describe('secrets never show', () => {
  test.each([
    ['at the top', SECRET_HEADERS],
    ['as headers', { headers: SECRET_HEADERS }],
    ['deep inside', { a: { b: { c: [{ request: { headers: SECRET_HEADERS } }] } } }],
  ])('headers %s', (_, fields) => {
    const { log, lines, last } = makeRecorder()

    log.info(fields, 'seen')

    expect(lines[0]).not.toContain('canary')
    expect(lines[0]?.match(/\[hidden\]/g)).toHaveLength(6)
    expect(last().msg).toBe('seen')
  })

  test.each(['userData', 'contact', 'metadata', 'variables'])('%s is hidden whole', (name) => {
    const { log, lines } = makeRecorder()

    log.info({ [name]: { a: 'canary' }, body: { [name]: { a: 'canary' } } }, 'seen')

    expect(lines[0]).not.toContain('canary')
  })

  test('a child hides what it was bound to', () => {
    const { log, lines } = makeRecorder()

    log.child({ phone: '+15125550123', token: 'canary' }).info('seen')

    expect(lines[0]).not.toMatch(/canary|5125550123/)
  })

  test.each([
    ['a short link', 'GET https://x.example/l/canary0123?a=1 failed', 'GET https://x.example/l/…?a=1 failed'],
    ['an unsubscribe link', '/u/canary0123', '/u/…'],
    [
      'a magic link',
      'https://widget.m2m.example/link_demo_canary01/m2m-basic',
      'https://widget.m2m.example/link_…/m2m-basic',
    ],
    ['a mail address', '550 <canary@example.com> unknown', '550 <…@…> unknown'],
    ['a number', 'To: +15125550123 is not valid', 'To: +… is not valid'],
    ['a key', 'key m2m_live_canary0123 is revoked', 'key m2m_live_… is revoked'],
    ['a bearer', 'sent Bearer canary.0-1', 'sent Bearer …'],
    ['a password', 'cannot reach postgres://app:canary@db:5432/x', 'cannot reach postgres://…@db:5432/x'],
    ['a key on a line of its own', 'x\nm2m_live_canary0123', 'x\nm2m_live_…'],
    ['an address on a line of its own', 'x\ncanary@example.com', 'x\n…@…'],
    ['an address after a control character', 'x\u0001canary@example.com', 'x\u0001…@…'],
  ])('%s in a text', (_, text, shown) => {
    const { log, last } = makeRecorder()

    log.error({ err: new Error(text) }, text)

    expect(last().msg).toBe(shown)
    expect(last().err.message).toBe(shown)
    expect(last().err.stack).not.toContain('canary')
  })

  test('lines stay JSON, whatever stands around a secret', () => {
    const secret = fc.constantFrom(
      'canary@example.com',
      '+15125550123',
      '/l/canary01',
      'Bearer canary',
      '//a:canary@b',
      'link_canary1',
    )
    const text = fc
      .tuple(fc.string({ unit: 'binary' }), secret, fc.string({ unit: 'binary' }))
      .map((parts) => parts.join(''))

    fc.assert(
      fc.property(text, fc.dictionary(text, text), (message, fields) => {
        const { log, lines } = makeRecorder()
        log.info({ fields }, message)
        expect(() => JSON.parse(lines[0] ?? '')).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})

describe('errors', () => {
  test('say type, code, message and stack, and nothing that hangs on them', () => {
    const { log, last } = makeRecorder()
    const error = Object.assign(new TypeError('duplicate'), {
      code: '23505',
      detail: 'Key (x)=(canary)',
      config: { a: 'canary' },
    })

    log.error(error)

    expect(last().err).toEqual({
      type: 'TypeError',
      code: '23505',
      message: 'duplicate',
      stack: expect.stringContaining('log.test'),
    })
  })

  test('what was thrown and is no error is still told', () => {
    const { log, last } = makeRecorder()

    log.error({ err: 'broken' }, 'failed')

    expect(last().err).toEqual({ type: 'string', message: 'broken' })
  })
})

test('a request is logged by its route, without headers, query or address', async () => {
  const { log, lines } = makeRecorder()
  const logged = pinoHttp({ logger: log, serializers: logSerializers })
  const server = createServer((request, response) => {
    logged(request, response)
    response.setHeader('set-cookie', 'session=canary').end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/l/canary01?email=canary`
  await fetch(url, { headers: { authorization: 'Bearer canary', cookie: 'canary', 'x-canary': 'canary' } })
  server.close()
  await once(server, 'close')

  const line = JSON.parse(lines.at(-1) ?? '{}')
  expect(line.req).toEqual({ id: 1, method: 'GET', url: '/l/…' })
  expect(line.res).toEqual({ statusCode: 200 })
  expect(lines.join('')).not.toContain('canary')
})
