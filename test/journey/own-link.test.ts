import { expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { linkIn, openHouse } from '../support/house.ts'

const house = await openHouse()

it('carries a link that the CRM brings, and makes none of its own', async () => {
  const referenceId = unique('user')
  const link = await house.linkFromElsewhere(referenceId, 1_440)

  const sent = await house.send({ referenceId, link, reminders: { after: ['PT2H'] } })
  await house.advance('PT2H')

  expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['sms', 'email'])
  expect(house.inbox(sent).map(linkIn)).toEqual([link.url, link.url])
  expect(house.world.links(referenceId)).toHaveLength(1)
})

it('hears the open of a link that the CRM brought', async () => {
  const referenceId = unique('user')
  const link = await house.linkFromElsewhere(referenceId, 1_440)
  const sent = await house.send({ referenceId, link })

  await house.openLink(referenceId)

  expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
})

it('skips the reminders that fall after its end', async () => {
  const referenceId = unique('user')
  const link = await house.linkFromElsewhere(referenceId, 60)

  const sent = await house.send({ referenceId, link, reminders: { after: ['PT2H'] } })
  await house.advance('PT2H')

  expect(house.inbox(sent)).toHaveLength(1)
  const { steps, timeline } = await house.get(sent.id)
  expect(steps[1]).toMatchObject({ kind: 'reminder', status: 'skipped', reason: 'link_expired' })
  expect(timeline).toContainEqual(
    expect.objectContaining({ type: 'reminder.skipped', data: expect.objectContaining({ reason: 'link_expired' }) }),
  )
  expect(house.world.links(referenceId)).toHaveLength(1)
})

it('carries no link of a day whose last half-hour has begun', async () => {
  const referenceId = unique('user')
  const link = await house.linkFromElsewhere(referenceId, 1_440)
  await house.advance('PT23H35M')

  const sent = await house.send({ referenceId, link })

  expect(house.inbox(sent)).toEqual([])
  expect(await house.get(sent.id)).toMatchObject({ status: 'failed', reason: 'link_expired' })
})

it('refuses a link on a host that is not the partner’s', async () => {
  const referenceId = unique('user')
  const link = await house.linkFromElsewhere(referenceId)

  const url = `https://evil.example/widget/${link.linkId}`
  const { status, body } = await house.post({ referenceId, link: { ...link, url } })

  expect(status).toBe(422)
  expect(body).toMatchObject({ code: 'link_not_yours', errors: [{ path: 'link.url' }] })
})

it('refuses the link of another user', async () => {
  const link = await house.linkFromElsewhere(unique('other'))

  const { status, body } = await house.post({ link })

  expect(status).toBe(422)
  expect(body).toMatchObject({ code: 'link_not_yours', errors: [{ path: 'link.linkId' }] })
})

it('refuses a link that was opened already', async () => {
  const referenceId = unique('user')
  const link = await house.linkFromElsewhere(referenceId)
  await house.openLink(referenceId)

  const { status, body } = await house.post({ referenceId, link })

  expect(status).toBe(422)
  expect(body).toMatchObject({ code: 'link_not_yours' })
})
