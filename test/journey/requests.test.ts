import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { openHouse } from '../support/house.ts'

const templates = mkdtempSync(join(tmpdir(), 'templates-'))
afterAll(() => rmSync(templates, { recursive: true }))
cpSync('templates', templates, { recursive: true })
mkdirSync(join(templates, 'invoice', 'en'), { recursive: true })
writeFileSync(join(templates, 'invoice', 'en', 'sms.hbs'), '{{variables.amount}} for you: {{link}}\n')

const house = await openHouse({ env: { TEMPLATES_DIR: templates } })
const inAnHour = () => new Date(house.now().getTime() + 3_600_000).toISOString()

it('sends at sendAt, and not before', async () => {
  const sent = await house.send({ sendAt: inAnHour(), reminders: null })
  await house.advance('PT59M')
  const early = house.inbox(sent).length
  const links = house.world.links(sent.referenceId).length
  await house.advance('PT61S')

  expect([early, links]).toEqual([0, 0])
  expect(house.inbox(sent)).toHaveLength(1)
})

it('answers a repeated request byte for byte, however much later, and sends once', async () => {
  const body = { referenceId: unique('user'), contact: { email: `${unique('once')}@example.com` }, sendAt: inAnHour() }
  const key = { 'Idempotency-Key': unique('key') }
  const first = await house.call('POST', '/v1/dispatches', body, key)
  await house.advance('PT2H')

  const second = await house.call('POST', '/v1/dispatches', body, key)
  await house.settled()

  expect(first.status).toBe(202)
  expect([second.status, second.text]).toEqual([202, first.text])
  expect(second.headers.get('location')).toBe(first.headers.get('location'))
  expect(house.inbox(body)).toHaveLength(1)
})

it('refuses the same key with another body', async () => {
  const body = { referenceId: unique('user'), contact: { email: `${unique('once')}@example.com` } }
  const key = { 'Idempotency-Key': unique('key') }
  await house.call('POST', '/v1/dispatches', body, key)

  const { status, body: problem } = await house.call('POST', '/v1/dispatches', { ...body, locale: 'es' }, key)
  await house.settled()

  expect(status).toBe(422)
  expect(problem).toMatchObject({ code: 'idempotency_key_reused' })
})

it('answers fifty twins in flight with one dispatch', async () => {
  const contact = { email: `${unique('twins')}@example.com` }
  const body = { referenceId: unique('user'), contact, reminders: null }
  const key = { 'Idempotency-Key': unique('key') }

  const answers = await Promise.all(Array.from({ length: 50 }, () => house.call('POST', '/v1/dispatches', body, key)))
  await house.settled()

  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  expect(house.inbox({ contact })).toHaveLength(1)
})

it('writes to the new address from the next message on', async () => {
  const sent = await house.send({ channels: ['email'], reminders: { after: ['PT24H'] } })
  const moved = { email: `${unique('moved')}@example.com` }

  const { status } = await house.call('PATCH', `/v1/dispatches/${sent.id}`, { contact: moved, locale: 'es' })
  await house.advance('PT24H')

  expect(status).toBe(200)
  expect(house.inbox(sent)).toHaveLength(1)
  expect(house.inbox({ contact: moved })).toMatchObject([{ subject: expect.stringContaining('recordatorio') }])
})

it('refuses a request that leaves out a variable its template needs', async () => {
  const { status, body } = await house.post({ template: 'invoice', channels: ['sms'] })

  expect(status).toBe(422)
  expect(body).toMatchObject({ code: 'variable_missing', errors: [{ path: 'variables.amount' }] })
})

it('fills in a variable its template needs', async () => {
  const wish = { template: 'invoice', channels: ['sms'], variables: { amount: '200 USD' }, reminders: null }

  const sent = await house.send(wish)

  expect(house.inbox(sent)).toMatchObject([{ text: expect.stringMatching(/^200 USD for you: http/) }])
})
