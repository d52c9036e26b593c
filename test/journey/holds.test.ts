import { afterEach, expect, it } from 'vitest'
import { eventually, openHouse, type Sent } from '../support/house.ts'
import { openListener } from '../support/listener.ts'

const operator = await openListener<{ type: string; scope: string; value: string; by: string }>()
const house = await openHouse({ env: { ALERT_WEBHOOK_URL: operator.url } })
const holds = async () => (await house.call('GET', '/v1/holds')).body['items']
const hold = async (body: object) =>
  (await house.call('POST', '/v1/holds', { reason: 'looking into it', ...body })).body
const lift = (id: string) => house.call('DELETE', `/v1/holds/${id}`)
const channelsOf = (sent: Pick<Sent, 'contact'>) => house.inbox(sent).map(({ channel }) => channel)

afterEach(async () => {
  for (const { id } of await holds()) await lift(id)
})

it('keeps the messages of a held channel back, and sends them when it is lifted', async () => {
  const { id } = await hold({ scope: 'channel', value: 'sms' })
  const waiting = await house.accept({ channels: ['sms'], reminders: null })
  const other = await house.accept({ channels: ['email'], reminders: null })
  await eventually(() => expect(channelsOf(other)).toEqual(['email']))
  const heldBack = channelsOf(waiting)

  await lift(id)
  await house.settled()

  expect(heldBack).toEqual([])
  expect(channelsOf(waiting)).toEqual(['sms'])
})

it('goes on to the next channel when a held one keeps the message waiting too long', async () => {
  await hold({ scope: 'channel', value: 'sms' })
  const sent = await house.accept({ channels: ['sms', 'email'], reminders: null, fallbackAfter: 'PT5M' })
  await house.world.advance(299_000)
  const early = channelsOf(sent)

  await house.world.advance(2_000)
  await house.settled()

  expect(early).toEqual([])
  expect(channelsOf(sent)).toEqual(['email'])
})

it('tells the operator of every hold that is placed and lifted', async () => {
  operator.heard.length = 0

  const { id } = await hold({ scope: 'all' })
  await lift(id)

  expect(operator.heard).toMatchObject([
    { type: 'hold_placed', scope: 'all', by: 'bootstrap' },
    { type: 'hold_lifted', scope: 'all', by: 'bootstrap' },
  ])
})

it('still accepts requests, hears opens and answers questions while everything is held', async () => {
  const before = await house.send()
  await hold({ scope: 'all' })

  const during = await house.accept()
  await house.openLink(before.referenceId)

  expect(await house.get(before.id)).toMatchObject({ status: 'opened' })
  expect(await house.get(during.id)).toMatchObject({ status: 'accepted' })
})
