import { afterEach, expect, it } from 'vitest'
import { eventually, openHouse } from '../support/house.ts'
import { openListener } from '../support/listener.ts'

const operator = await openListener<{ type: string; scope: string; value: string; reason: string }>()
const house = await openHouse({ env: { ALERT_WEBHOOK_URL: operator.url } })
const { faults } = house.world
const holds = async () => (await house.call('GET', '/v1/holds')).body['items']
const mail = { channels: ['email'], reminders: null }
const send = (count: number) => Promise.all(Array.from({ length: count }, () => house.accept(mail)))

afterEach(async () => {
  faults.reset()
  for (const { id } of await holds()) await house.call('DELETE', `/v1/holds/${id}`)
})

it('a provider that fails again and again is left alone, said to be held, and takes up its work when it works', async () => {
  faults.arm('smtp', { kind: 'code', code: 451, stage: 'mail', count: 25 })
  const many = await send(25)
  await eventually(async () =>
    expect(await holds()).toMatchObject([{ scope: 'provider', value: 'smtp', reason: 'failing', placedBy: 'service' }]),
  )
  const status = (await house.call('GET', '/v1/status')).body
  faults.reset()

  await house.advance('PT20M')
  await eventually(async () => expect(await holds()).toEqual([]))
  await house.advance('PT20M')

  expect(status['holds']).toMatchObject([{ scope: 'provider', value: 'smtp' }])
  expect(operator.heard.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    'hold_placed failing',
    'hold_lifted failing',
  ])
  expect(many.map((sent) => house.inbox(sent).length)).toEqual(many.map(() => 1))
})

it('a held provider costs no tries: only its probes are attempts, one at a time', async () => {
  const text = { channels: ['sms'], reminders: null, fallbackAfter: 'PT24H' }
  faults.arm('twilio', { kind: 'code', code: 20003, status: 401, count: 3 })
  const first = await house.accept(text)
  await eventually(async () => expect(await holds()).toHaveLength(1))
  const others = await Promise.all(Array.from({ length: 10 }, () => house.accept(text)))

  for (const armed of [1, 0]) {
    await house.world.advance(31_000)
    await eventually(() => expect(faults.list().reduce((sum, { count }) => sum + count, 0)).toBe(armed))
  }
  await house.world.advance(31_000)
  await eventually(async () => expect(await holds()).toEqual([]))
  await house.advance('PT10S')

  const dispatches = await Promise.all([first, ...others].map(({ id }) => house.get(id)))
  const refused = dispatches.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === 'alert')
  expect(refused).toHaveLength(3)
  expect([first, ...others].map((sent) => house.inbox(sent).length)).toEqual(Array.from({ length: 11 }, () => 1))
})
