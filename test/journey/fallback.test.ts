import { describe, expect, it } from 'vitest'
import { BACKENDS, openHouse } from '../support/house.ts'

describe.each(BACKENDS)('a channel that does not carry the message, with the queues in %s', async (queues) => {
  const house = await openHouse({ queues })
  const { faults } = house.world

  it('hands over to the next one when it fails for good', async () => {
    faults.arm('twilio', { kind: 'code', code: 21211, count: 1 })

    const sent = await house.send({ channels: ['sms', 'email'], reminders: null })

    expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['email'])
    expect(await house.get(sent.id)).toMatchObject({ status: 'sent', delivery: { channel: 'email' } })
    expect(await house.timeline(sent.id)).toEqual(
      expect.arrayContaining(['message.failed', 'message.handed', 'dispatch.sent']),
    )
  })

  it('hands over to the next one when it keeps the message waiting longer than fallbackAfter', async () => {
    faults.arm('twilio', { kind: 'throttle', count: 3 })

    const sent = await house.send({ channels: ['sms', 'email'], reminders: null, fallbackAfter: 'PT90S' })
    const before = house.inbox(sent)
    await house.advance('PT61S')
    faults.reset()

    expect(before).toEqual([])
    expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['email'])
  })

  it('waits on its channel while fallbackAfter has not passed', async () => {
    faults.arm('twilio', { kind: 'throttle', count: 1 })

    const sent = await house.send({ channels: ['sms', 'email'], reminders: null })
    await house.advance('PT61S')

    expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['sms'])
  })

  it('fails the dispatch when none is left', async () => {
    faults.arm('twilio', { kind: 'code', code: 21211, count: 1 })
    faults.arm('smtp', { kind: 'code', stage: 'rcpt', code: 550, count: 1 })

    const sent = await house.send({ channels: ['sms', 'email'] })
    await house.advance('P7D')

    expect(house.inbox(sent)).toHaveLength(0)
    expect(await house.get(sent.id)).toMatchObject({ status: 'failed', reason: 'no_channel_worked' })
  })

  it('is skipped when the person has no address for it, and the timeline says so', async () => {
    const sent = await house.send({ channels: ['push', 'sms'], reminders: null })

    const { timeline } = await house.get(sent.id)
    expect(timeline).toContainEqual(
      expect.objectContaining({ type: 'channel.skipped', data: { channel: 'push', reason: 'no_address' } }),
    )
    expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['sms'])
  })
})
