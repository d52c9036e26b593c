import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openListener, openProviders, type Providers } from './provider-house.ts'

let providers: Providers
beforeEach(async () => {
  providers = await openProviders()
})
afterEach(() => providers.close())

describe('Vonage', () => {
  const sms = { api_key: 'key', api_secret: 'secret', to: '15125550123', from: 'Example', text: 'Your link' }

  it('takes a form and answers with a message id', async () => {
    const answer = await vonage(sms)

    expect(answer).toMatchObject({ 'message-count': '1', messages: [{ status: '0', to: '15125550123' }] })
    expect(answer.messages[0]?.['message-id']).toMatch(/^[0-9A-F]{16}$/)
    expect(providers.mailbox.messagesTo('+15125550123')).toMatchObject([{ provider: 'vonage', text: 'Your link' }])
  })

  it('counts a long text in parts', async () => {
    const answer = await vonage({ ...sms, text: 'x'.repeat(200) })

    expect(answer['message-count']).toBe('2')
    expect(providers.mailbox.all()).toHaveLength(1)
  })

  it.each([
    ['no key', { api_key: '' }, '2'],
    ['no number', { to: 'abc' }, '3'],
    ['a magic number', { to: '15005559009' }, '9'],
  ])('answers 200 with a status for %s', async (_case, change, status) => {
    const answer = await vonage({ ...sms, ...change })

    expect(answer.messages).toMatchObject([{ status }])
    expect(providers.mailbox.all()).toEqual([])
  })

  it('throttles when a fault says so', async () => {
    providers.faults.arm('vonage', { kind: 'throttle', count: 1 })

    const answer = await vonage(sms)

    expect(answer.messages).toMatchObject([{ status: '1' }])
  })

  it('refuses foreign credentials when it has its own', async () => {
    const own = await openProviders({ vonage: { apiKey: 'key', apiSecret: 'right' } })

    const answer = await vonage(sms, own.base)

    expect(answer.messages).toMatchObject([{ status: '4' }])
    await own.close()
  })

  it('reports the delivery to the callback', async () => {
    const listener = await openListener()
    const answer = await vonage({ ...sms, callback: listener.url, 'client-ref': 'attempt-1' })

    const { form } = await listener.next()

    expect(form).toMatchObject({
      status: 'delivered',
      'client-ref': 'attempt-1',
      messageId: answer.messages[0]?.['message-id'],
    })
    await listener.close()
  })
})

interface VonageAnswer {
  'message-count': string
  messages: Record<string, string>[]
}

async function vonage(form: Record<string, string>, base = providers.base): Promise<VonageAnswer> {
  const answer = await fetch(`${base}/sms/json`, { method: 'POST', body: new URLSearchParams(form) })
  expect(answer.status).toBe(200)
  return (await answer.json()) as VonageAnswer
}
