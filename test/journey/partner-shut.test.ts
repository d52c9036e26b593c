import { expect, it } from 'vitest'
import { eventually, openHouse } from '../support/house.ts'
import { openListener } from '../support/listener.ts'

const operator = await openListener<{ type: string; scope: string; reason: string }>()
const house = await openHouse({ env: { ALERT_WEBHOOK_URL: operator.url } })
const { world } = house
const holds = async () => (await house.call('GET', '/v1/holds')).body['items']
const toldOf = (type: string) => operator.heard.filter((alert) => alert.type === type)

it.each([
  ['suspends the account', 'partner_suspended', world.suspend, world.unsuspend],
  ['refuses the key', 'invalid_api_key', world.revokeKey, world.restoreKey],
])(
  'holds everything, fails nothing and goes on by itself when the partner %s mid-plan',
  async (_what, reason, shut, open) => {
    operator.heard.length = 0
    const sent = await house.send({ link: { expiresInMinutes: 60 }, reminders: { after: ['PT2H'] } })
    shut()

    await world.advance(2 * 3_600_000)
    await eventually(async () => expect(await holds()).toMatchObject([{ scope: 'partner', reason }]))
    await eventually(async () =>
      expect(await house.get(sent.id)).toMatchObject({ status: 'sent', steps: [{}, { status: 'pending' }, {}] }),
    )
    const heldBack = house.inbox(sent).length
    open()
    await world.advance(31_000)
    await eventually(async () => expect(await holds()).toEqual([]))
    await house.advance('PT10S')

    expect(heldBack).toBe(1)
    expect(house.inbox(sent)).toHaveLength(2)
    expect(toldOf('hold_placed')).toMatchObject([{ scope: 'partner', reason }])
    expect(toldOf('hold_lifted')).toMatchObject([{ scope: 'partner', reason }])
  },
)

it('keeps the hold while the partner stays shut', async () => {
  world.suspend()
  const { id } = await house.accept()
  await eventually(async () => expect(await holds()).toHaveLength(1))

  const asked = world.calls().length
  await world.advance(31_000)
  await eventually(() => expect(world.calls().length).toBeGreaterThan(asked))

  expect(await holds()).toHaveLength(1)
  expect(await house.get(id)).toMatchObject({ status: 'accepted' })
  world.unsuspend()
})
