import { expect, onTestFinished, test } from 'vitest'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { KEY, MINUTE, SECRET } from './partner-kit.ts'

async function sandbox(more: object = {}) {
  const clock = { at: Date.parse('2026-03-02T12:00:00Z') }
  const started = await startSandbox({
    port: 0,
    host: '127.0.0.1',
    partnerKey: KEY,
    webhookSecret: SECRET,
    webhookUrl: 'http://127.0.0.1:9/webhooks/m2m',
    twilio: { accountSid: `AC${'0'.repeat(32)}`, authToken: 'sandbox-token' },
    now: () => new Date(clock.at),
    onAdvance: async (ms) => {
      clock.at += ms
    },
    random: Math.random,
    log: () => undefined,
    ...more,
  })
  onTestFinished(started.close)
  return { ...started, clock }
}

test('the sandbox serves partner, widget and controls on one port, and mail on another', async () => {
  const { url, smtpUrl } = await sandbox()

  const answers = await Promise.all(['/partner/links', '/widget/style.css', '/__sim'].map((path) => fetch(url + path)))

  expect(answers.map(({ status }) => status)).toEqual([401, 200, 200])
  expect(new URL(url).hostname).toBe('127.0.0.1')
  expect(smtpUrl).toMatch(/^smtp:\/\//)
})

test('a link points at the widget of the sandbox itself', async () => {
  const { url, world } = await sandbox()

  await fetch(`${url}/partner/links`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'X-API-Key': KEY },
    body: '{"referenceId":"crm-0001"}',
  })

  const [link] = world.links()
  expect(link?.url).toBe(`${url}/widget/${link?.linkId}/m2m-basic`)
})

test('an unknown path answers 404 in JSON', async () => {
  const { url } = await sandbox()

  const response = await fetch(`${url}/nowhere`)

  expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8'])
})

test('advancing the world moves the clock of the service', async () => {
  const { world, clock } = await sandbox()

  await world.advance(5 * MINUTE)

  expect([world.now().getTime(), clock.at]).toEqual(Array(2).fill(Date.parse('2026-03-02T12:05:00Z')))
})

test('a port that is taken is an error that says what to do, and leaves nothing open', async () => {
  const { url } = await sandbox()

  const second = startSandbox({
    port: Number(new URL(url).port),
    host: '127.0.0.1',
    partnerKey: KEY,
    webhookSecret: SECRET,
    webhookUrl: 'http://127.0.0.1:9/',
    twilio: { accountSid: 'AC', authToken: 'token' },
    now: () => new Date(0),
    onAdvance: () => Promise.resolve(),
    random: Math.random,
    log: () => undefined,
  })

  await expect(second).rejects.toThrow('Set SANDBOX_PORT to a free one')
})
