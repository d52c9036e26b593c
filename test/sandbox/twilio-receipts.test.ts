import twilio from 'twilio'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, openListener, openProviders, type Providers, twilioClient } from './provider-house.ts'

const TO = '+15125550123'
const FROM = '+15005550006'

let providers: Providers
let listener: Awaited<ReturnType<typeof openListener>>

beforeEach(async () => {
  listener = await openListener()
  providers = await openProviders({ inboundUrl: `${listener.url}inbound` })
})
afterEach(async () => {
  await providers.close()
  await listener.close()
})

describe('receipts', () => {
  it('go to the status callback, signed, as sent and then delivered', async () => {
    const url = `${listener.url}status?attempt=a1`
    const { sid } = await client().messages.create({ to: TO, from: FROM, body: 'x', statusCallback: url })

    const [sent, delivered] = [await listener.next(), await listener.next()]

    expect([sent.form['MessageStatus'], delivered.form['MessageStatus']]).toEqual(['sent', 'delivered'])
    expect(delivered.form).toMatchObject({ MessageSid: sid, AccountSid: ACCOUNT.accountSid, To: TO, From: FROM })
    const signature = String(delivered.headers['x-twilio-signature'])
    expect(twilio.validateRequest(ACCOUNT.authToken, signature, url, delivered.form)).toBe(true)
    expect(twilio.validateRequest('another', signature, url, delivered.form)).toBe(false)
    expect((await client().messages(sid).fetch()).status).toBe('delivered')
  })

  it('end with the code that the number asks for', async () => {
    await client().messages.create({ to: '+15005530003', from: FROM, body: 'x', statusCallback: listener.url })

    await listener.next()
    const last = await listener.next()

    expect(last.form).toMatchObject({ MessageStatus: 'undelivered', ErrorCode: '30003' })
  })

  it('can be lost, and sent by hand later', async () => {
    providers.faults.arm('twilio', { kind: 'no_receipt', count: 1 })
    const { sid } = await client().messages.create({ to: TO, from: FROM, body: 'x', statusCallback: listener.url })

    const known = await providers.twilio.receipt(sid, 'failed', 30008)

    expect(known).toBe(true)
    expect((await listener.next()).form).toMatchObject({ MessageStatus: 'failed', ErrorCode: '30008' })
    expect(await providers.twilio.receipt('SMunknown', 'failed')).toBe(false)
  })
})

describe('the list', () => {
  it('finds by number and time, newest first, page by page', async () => {
    await client().messages.create({ to: TO, from: FROM, body: 'one' })
    await client().messages.create({ to: TO, from: FROM, body: 'two' })
    await client().messages.create({ to: TO, from: FROM, body: 'three' })
    await client().messages.create({ to: '+15125550199', from: FROM, body: 'other' })

    const found = await client().messages.list({ to: TO, dateSentAfter: new Date('2026-03-02T09:59:00Z'), pageSize: 2 })
    const later = await client().messages.list({ to: TO, dateSentAfter: new Date('2026-03-02T10:01:00Z') })

    expect(found.map(({ body }) => body)).toEqual(['three', 'two', 'one'])
    expect(later).toEqual([])
  })

  it('does not know a foreign sid', async () => {
    await expect(
      client()
        .messages(`SM${'9'.repeat(32)}`)
        .fetch(),
    ).rejects.toMatchObject({ status: 404, code: 20404 })
  })
})

describe('a reply', () => {
  it('reaches the inbound webhook, signed', async () => {
    await client().messages.create({ to: TO, from: FROM, body: 'x' })

    await providers.twilio.reply(TO, 'Gracias')

    const { form, headers, url } = await listener.next()
    expect(form).toMatchObject({ From: TO, To: FROM, Body: 'Gracias', SmsStatus: 'received' })
    expect(twilio.validateRequest(ACCOUNT.authToken, String(headers['x-twilio-signature']), url, form)).toBe(true)
    expect(providers.mailbox.messagesTo(TO).at(-1)).toMatchObject({ direction: 'inbound', text: 'Gracias' })
  })

  it('STOP closes the number until START', async () => {
    await providers.twilio.reply(TO, 'stop')
    await expect(client().messages.create({ to: TO, from: FROM, body: 'x' })).rejects.toMatchObject({ code: 21610 })

    await providers.twilio.reply(TO, 'START')

    await expect(client().messages.create({ to: TO, from: FROM, body: 'x' })).resolves.toMatchObject({ to: TO })
  })

  it('is answered with the text of the TwiML', async () => {
    const app = await openListener({
      type: 'text/xml',
      body: '<Response><Message>Help &amp; more</Message></Response>',
    })
    const own = await openProviders({ inboundUrl: app.url })

    await own.twilio.reply(TO, 'HELP')

    expect(own.mailbox.messagesTo(TO).at(-1)).toMatchObject({ direction: 'outbound', text: 'Help & more' })
    await own.close()
    await app.close()
  })
})

const client = () => twilioClient(providers.base)
