import { describe, expect, it } from 'vitest'
import { BACKENDS, linkIn, openHouse, PHONE } from './support/house.ts'

/** What this service is for, told once from the CRM's request to the silence after the open. */
describe.each(BACKENDS)('a magic link, with its queues in %s', async (queues) => {
  const house = await openHouse({ queues })
  const michael = {
    referenceId: 'user_12345',
    userData: {
      name: { firstName: 'Michael', lastName: 'Johnson' },
      paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '014027000005555558' } },
    },
    contact: { phone: '+15125550123', email: 'michael@example.com' },
    channels: ['sms', 'email'],
    locale: 'es-MX',
    reminders: { after: ['PT24H', 'PT72H', 'PT96H'] },
  }
  let id = ''

  it('is accepted with its whole plan', async () => {
    const { status, body } = await house.post(michael)

    id = body['id']
    expect(status).toBe(202)
    expect(body['steps'].map((step: { kind: string }) => step.kind)).toEqual([
      ...['first', 'reminder', 'reminder', 'reminder', 'close'],
    ])
  })

  it('reaches the person in their language, by the channel they prefer', async () => {
    await house.settled()

    const [message, ...more] = house.inbox(michael)
    expect(message).toMatchObject({ channel: 'sms', text: expect.stringContaining('Michael') })
    expect(more).toEqual([])
    expect(await house.get(id)).toMatchObject({ status: 'sent', delivery: { channel: 'sms' } })
  })

  it('reminds after a day, by the other channel, with the same link', async () => {
    await house.advance('PT24H')

    const [first, reminder] = house.inbox(michael)
    expect(reminder).toMatchObject({ channel: 'email', subject: expect.stringContaining('recordatorio') })
    expect(reminder && linkIn(reminder)).toBe(first && linkIn(first))
  })

  it('is opened by the person, and the timeline says what that stopped', async () => {
    const [message] = house.inbox(michael)

    await house.advance('PT1M')
    await fetch(message ? linkIn(message) : '', { headers: { 'User-Agent': PHONE } })
    await house.world.idle()
    await house.settled()

    const { status, timeline } = await house.get(id)
    expect(status).toBe('opened')
    expect(timeline).toContainEqual(expect.objectContaining({ type: 'dispatch.opened', data: { remindersStopped: 2 } }))
  })

  it('is followed by silence', async () => {
    await house.advance('P7D')

    expect(house.inbox(michael)).toHaveLength(2)
    expect(await house.get(id)).toMatchObject({ status: 'opened' })
  })
})
