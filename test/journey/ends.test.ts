import { expect, it } from 'vitest'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { linkIn, openHouse } from '../support/house.ts'
import { partnerWebhook, postWebhook } from '../support/webhooks.ts'

const house = await openHouse()
const { world } = house

/** Where it is the middle of the night now: in half a day it is afternoon there. */
const nightZone = () => afternoonZone(new Date(house.now().getTime() + 12 * 3_600_000))
const hoursLater = (hours: number) => new Date(house.now().getTime() + hours * 3_600_000).toISOString()

it('expires when nothing could be sent before validUntil', async () => {
  const night = { category: 'commercial', timeZone: nightZone(), channels: ['email'], validUntil: hoursLater(1) }

  const sent = await house.send(night)
  await house.advance('PT61M')

  expect(house.inbox(sent)).toHaveLength(0)
  expect(await house.get(sent.id)).toMatchObject({ status: 'expired', reason: 'valid_until_passed' })
})

it('is exhausted when its last link has died unopened, and not before', async () => {
  const sent = await house.send({ link: { expiresInMinutes: 60 }, reminders: null })
  await house.advance('PT59M')
  const before = await house.get(sent.id)
  await house.advance('PT3M')

  expect(before).toMatchObject({ status: 'sent' })
  expect(await house.get(sent.id)).toMatchObject({ status: 'exhausted' })
})

it('is opened even after that when the word of the open comes late', async () => {
  const sent = await house.send({ link: { expiresInMinutes: 60 }, reminders: null })
  world.configure({ webhooks: false })
  await house.openLink(sent.referenceId)
  world.configure({ webhooks: true })
  const [link] = world.links(sent.referenceId)
  await house.advance('PT2H')
  const before = await house.get(sent.id)

  await postWebhook(house.url, partnerWebhook(house.webhookSecret, 'link.opened', link ?? {}, house.now()))

  expect(before).toMatchObject({ status: 'exhausted' })
  expect(await house.get(sent.id)).toMatchObject({ status: 'opened', openedAt: link?.openedAt?.toISOString() })
})

it('is sent again when a person asks, although it was opened, with a link that lives', async () => {
  const sent = await house.send({ channels: ['sms'] })
  await house.openLink(sent.referenceId)
  await house.advance('PT2H')

  const { status, body } = await house.call('POST', `/v1/dispatches/${sent.id}/resend`, {})
  await house.settled()

  const [first, again] = house.inbox(sent).map(linkIn)
  expect(status).toBe(202)
  expect(body['step']).toMatchObject({ kind: 'resend' })
  expect(again).toBe(world.links(sent.referenceId)[1]?.url)
  expect(again).not.toBe(first)
  expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
})
