import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ACCOUNT, openProviders, type Providers, twilioClient } from './provider-house.ts'

const TO = '+15125550123'
const FROM = '+15005550006'

let providers: Providers
beforeEach(async () => {
  providers = await openProviders()
})
afterEach(() => providers.close())

describe('creating a message', () => {
  it('answers as Twilio does, and the text lands in the mailbox', async () => {
    const message = await client().messages.create({ to: TO, from: FROM, body: 'Your link' })

    expect(message).toMatchObject({
      status: 'queued',
      to: TO,
      from: FROM,
      body: 'Your link',
      numSegments: '1',
      errorCode: null,
    })
    expect(message.sid).toMatch(/^SM[0-9a-f]{32}$/)
    expect(message.dateCreated).toEqual(new Date('2026-03-02T10:00:00Z'))
    expect(providers.mailbox.messagesTo(TO)).toMatchObject([{ channel: 'sms', provider: 'twilio', text: 'Your link' }])
  })

  it('is accepted, not queued, when a messaging service sends it', async () => {
    const message = await client().messages.create({ to: TO, messagingServiceSid: `MG${'2'.repeat(32)}`, body: 'x' })

    expect(message).toMatchObject({ status: 'accepted', from: null })
  })

  it('refuses another token', async () => {
    const sending = client('wrong').messages.create({ to: TO, from: FROM, body: 'x' })

    await expect(sending).rejects.toMatchObject({ status: 401, code: 20003 })
  })

  it.each([
    ['an invalid number', { to: '+15005550001' }, 21211],
    ['a pair without a route', { to: '+15005550002' }, 21612],
    ['a region that is not enabled', { to: '+15005550003' }, 21408],
    ['someone who opted out', { to: '+15005550004' }, 21610],
    ['a landline', { to: '+15005550009' }, 21614],
    ['a sender that is not ours', { from: '+15005550007' }, 21606],
    ['a sender with a full queue', { from: '+15005550008' }, 21611],
    ['a number that is not E.164', { to: '5551234' }, 21211],
    ['a text that is too long', { body: 'x'.repeat(1601) }, 21617],
    ['a validity period over ten hours', { validityPeriod: 36_001 }, 90007],
  ])('refuses %s with its code', async (_case, change, code) => {
    const sending = client().messages.create({ to: TO, from: FROM, body: 'x', ...change })

    await expect(sending).rejects.toMatchObject({ status: 400, code })
    expect(providers.mailbox.all()).toEqual([])
  })
})

describe('faults', () => {
  it.each([
    ['throttle', {}, 429, 20429],
    ['error_500', {}, 500, 20500],
    ['code', { status: 400, code: 30010 }, 400, 30010],
  ])('%s answers once, and then all is well', async (kind, options, status, code) => {
    providers.faults.arm('twilio', { kind, count: 1, ...options })

    const first = client().messages.create({ to: TO, from: FROM, body: 'x' })
    await expect(first).rejects.toMatchObject({ status, code })

    await expect(client().messages.create({ to: TO, from: FROM, body: 'x' })).resolves.toMatchObject({
      status: 'queued',
    })
  })

  it.each([
    ['reset_before', 0],
    ['reset_after', 1],
  ])('%s cuts the connection and leaves %i message', async (kind, kept) => {
    providers.faults.arm('twilio', { kind, count: 1 })

    await expect(client().messages.create({ to: TO, from: FROM, body: 'x' })).rejects.toThrow(
      /ECONNRESET|socket hang up/,
    )

    expect(providers.mailbox.all()).toHaveLength(kept)
    expect(await client().messages.list({ to: TO })).toHaveLength(kept)
  })

  it('timeout never answers, and takes the message only when told to', async () => {
    providers.faults.arm('twilio', { kind: 'timeout', count: 1, done: true })
    const giveUp = new AbortController()
    const arrived = providers.mailbox.next()

    const sending = post(`To=%2B15125550123&From=%2B15005550006&Body=x`, giveUp.signal)
    await arrived
    giveUp.abort()

    await expect(sending).rejects.toThrow(/abort/i)
    expect(providers.twilio.messages()).toHaveLength(1)
  })
})

const client = (authToken?: string) => twilioClient(providers.base, authToken)

const post = (body: string, signal: AbortSignal) =>
  fetch(`${providers.base}/2010-04-01/Accounts/${ACCOUNT.accountSid}/Messages.json`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${ACCOUNT.accountSid}:${ACCOUNT.authToken}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body,
    signal,
  })
