import { expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { openHouse } from '../support/house.ts'

const house = await openHouse({ env: { CAP_PER_DAY: '2', CAP_PER_WEEK: '3' } })
const none = { reminders: null, ifActive: 'join' } as const
const aPerson = () => {
  const referenceId = unique('user')
  return { referenceId, contact: { phone: '+15125550142', email: `${referenceId}@example.com` }, channels: ['email'] }
}

it('lets what would be too much wait, over all dispatches of a person, and sends it when there is room', async () => {
  const person = aPerson()
  const reminded = await house.send({ ...person, ...none, reminders: { after: ['PT1H'] } })
  await house.send({ ...person, ...none })

  await house.advance('PT1H')
  const early = house.inbox(person).length
  const { steps, timeline } = await house.get(reminded.id)
  await house.advance('PT23H')

  expect(early).toBe(2)
  expect(steps[1]).toMatchObject({ kind: 'reminder', status: 'pending', reason: 'capped' })
  expect(timeline.at(-1)).toMatchObject({ type: 'message.waits', data: { reason: 'capped' } })
  expect(house.inbox(person)).toHaveLength(3)
})

it('never keeps back a first transactional message, nor what a person asked for', async () => {
  const person = aPerson()
  const [first] = [await house.send({ ...person, ...none }), await house.send({ ...person, ...none })]

  await house.send({ ...person, ...none })
  await house.call('POST', `/v1/dispatches/${first?.id}/resend`, {})
  await house.settled()

  expect(house.inbox(person)).toHaveLength(4)
})

it('keeps a commercial message back', async () => {
  const person = aPerson()
  await house.send({ ...person, ...none })
  await house.send({ ...person, ...none })

  const { id } = await house.send({ ...person, ...none, category: 'commercial' })

  expect(house.inbox(person)).toHaveLength(2)
  expect((await house.get(id))['steps'][0]).toMatchObject({ status: 'pending', reason: 'capped' })
})

it('counts a person, not an address', async () => {
  const person = aPerson()
  await house.send({ ...person, ...none })
  await house.send({ ...person, ...none })
  const other = { ...aPerson(), contact: person.contact }

  await house.send({ ...other, ...none, category: 'commercial' })

  expect(house.inbox(person)).toHaveLength(3)
})
