import { expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { eventually, openHouse, type Sent } from '../support/house.ts'

const house = await openHouse()
const { faults } = house.world
const channelsOf = (sent: Pick<Sent, 'contact'>) => house.inbox(sent).map(({ channel }) => channel)

it('waits as long as a provider asks', async () => {
  faults.arm('twilio', { kind: 'throttle', retryAfter: 600, count: 1 })

  const sent = await house.send({ channels: ['sms'], reminders: null, fallbackAfter: 'PT24H' })
  await house.advance('PT5M')
  const early = channelsOf(sent)
  await house.advance('PT6M')

  expect(early).toEqual([])
  expect(channelsOf(sent)).toEqual(['sms'])
})

it('sends nothing more to somebody who told Twilio to stop', async () => {
  faults.arm('twilio', { kind: 'code', code: 21610, count: 1 })
  const first = await house.send({ channels: ['sms'], reminders: null })

  const { contact } = first
  const second = await house.send({ contact, channels: ['sms'], reminders: null })

  expect(channelsOf({ contact })).toEqual([])
  expect(await house.get(first.id)).toMatchObject({ status: 'suppressed', reason: 'opt_out' })
  expect(await house.get(second.id)).toMatchObject({ status: 'suppressed', reason: 'opt_out' })
})

it('drops a device whose app is gone, and reaches the other one', async () => {
  const [dead, alive] = [unique('dead-device'), unique('device')]
  const contact = { pushTokens: [dead, alive] }

  const sent = await house.send({ contact, channels: ['push'], reminders: { after: ['PT24H'] } })
  await house.advance('PT24H')

  const { attempts, steps } = await house.get(sent.id)
  expect(house.inbox({ contact }).map(({ to }) => to)).toEqual([alive, alive])
  expect(attempts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(
    expect.arrayContaining(['suppress', 'accepted', 'accepted']),
  )
  expect(steps.slice(0, 2)).toMatchObject([{ status: 'handed' }, { status: 'handed' }])
})

it('does not send twice when it cannot know whether the first was taken', async () => {
  faults.arm('twilio', { kind: 'reset_after', count: 1 })

  const sent = await house.send({ channels: ['sms'], reminders: null })
  await house.advance('PT11M')

  // The provider's own receipts say what its answer could not.
  await eventually(async () => {
    const { steps } = await house.get(sent.id)
    expect(steps[0]).toMatchObject({ status: 'delivered', confirmed: true })
  })
  const { status, timeline } = await house.get(sent.id)
  expect(timeline.map(({ type }: { type: string }) => type)).toContain('message.unclear')
  expect(status).toBe('sent')
  expect(channelsOf(sent)).toEqual(['sms'])
})

it('holds a provider that refuses our credentials, and tries again by itself', async () => {
  faults.arm('twilio', { kind: 'code', code: 20003, status: 401, count: 1 })

  const sent = await house.accept({ channels: ['sms'], reminders: null })
  await eventually(async () => {
    const { body } = await house.call('GET', '/v1/holds')
    expect(body['items']).toMatchObject([{ scope: 'provider', value: 'twilio', reason: 'credentials_refused' }])
  })
  await house.world.advance(31_000)
  await eventually(() => expect(channelsOf(sent)).toEqual(['sms']))

  await eventually(async () => expect((await house.call('GET', '/v1/holds')).body['items']).toEqual([]))
})
