import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import type { ReceiptRefusal, ReceiptRequest } from '../../src/flow/ports-receipts.ts'
import { aReceipt } from '../flow/receipt-stage.ts'
import { makeHouse } from './kit.ts'

const STATUS = '/webhooks/twilio/status?attempt=a.1.1'

describe('receipts', () => {
  it('are read from the raw bytes and the very URL, without a key of ours', async () => {
    const read: ReceiptRequest[] = []
    const { app, seen } = makeHouse((ports) => ({
      ...ports,
      receiptReaders: new Map([
        [
          'twilio',
          {
            channel: 'sms',
            async read(request: ReceiptRequest) {
              read.push(request)
              return { ok: true, receipts: [aReceipt()] }
            },
          },
        ],
      ]),
    }))

    const { status, text } = await supertest(app).post(STATUS).set('X-Twilio-Signature', 'abc').send('MessageSid=SM1')

    expect([status, text]).toEqual([204, ''])
    expect(read[0]).toMatchObject({ url: STATUS, headers: { 'x-twilio-signature': 'abc' } })
    expect(read[0]?.raw.toString()).toBe('MessageSid=SM1')
    expect(seen.receipts).toMatchObject([{ attemptId: 'a.1.1' }])
  })

  it.each([
    ['no_signature', 401],
    ['bad_signature', 401],
    ['bad_body', 401],
    ['unavailable', 503],
  ] as [ReceiptRefusal['reason'], number][])('with %s are %i, and nothing else happens', async (reason, expected) => {
    const { app, has, seen } = makeHouse()
    has.receipts = { ok: false, reason }

    const { status, headers } = await supertest(app).post('/webhooks/email/dsn').send('x')

    expect(status).toBe(expected)
    expect(headers['content-type']).toContain('application/problem+json')
    expect(seen.receipts).toEqual([])
  })

  it.each(['/webhooks/email/nobody', '/webhooks/email/twilio'])('have no way in at %s', async (path) => {
    const { app } = makeHouse()

    expect((await supertest(app).post(path).send('x')).status).toBe(404)
  })

  it('are bounded', async () => {
    const { app, seen } = makeHouse()

    const { status } = await supertest(app).post('/webhooks/email/dsn').send('x'.repeat(1_100_000))

    expect(status).toBe(413)
    expect(seen.receipts).toEqual([])
  })

  it('are posted, and nothing else', async () => {
    const { app } = makeHouse()

    const { status, headers } = await supertest(app).get('/webhooks/twilio/status')

    expect([status, headers['allow']]).toEqual([405, 'POST'])
  })
})

describe('a person’s text', () => {
  const text = { provider: 'twilio', from: '+15125550123', to: '+15005550006', providerId: 'SM1', optOutType: null }

  it('is answered in their language, as the provider reads it', async () => {
    const { app, has, seen } = makeHouse()
    has.inbound = { ok: true, text: { ...text, text: 'Baja' } }

    const answer = await supertest(app).post('/webhooks/twilio/inbound').send('x')

    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toContain('text/xml')
    expect(answer.text).toContain('No recibirá más')
    expect(seen.suppressed).toMatchObject([{ channel: 'sms', reason: 'opt_out', placedBy: 'recipient' }])
  })

  it('is not answered where the provider has answered', async () => {
    const { app, has, seen } = makeHouse()
    has.inbound = { ok: true, text: { ...text, text: 'anything', optOutType: 'STOP' } }

    const answer = await supertest(app).post('/webhooks/twilio/inbound').send('x')

    expect(answer.text).toBe('<Response></Response>')
    expect(seen.suppressed).toHaveLength(1)
  })

  it('that nobody but a person can answer is kept, and not in the log', async () => {
    const { app, has, seen } = makeHouse()
    has.inbound = { ok: true, text: { ...text, text: 'We never stop at noon' } }

    await supertest(app).post('/webhooks/twilio/inbound').send('x')

    expect(seen.replies).toEqual(['We never stop at noon'])
    expect(seen.suppressed).toEqual([])
    expect(seen.log.join()).not.toContain('noon')
  })

  it('that is not signed does nothing', async () => {
    const { app, seen } = makeHouse()

    expect((await supertest(app).post('/webhooks/twilio/inbound').send('Body=STOP')).status).toBe(401)
    expect(seen.suppressed).toEqual([])
  })
})
