import { expect, it } from 'vitest'
import { openHouse } from '../support/house.ts'

const house = await openHouse()
const fetchLink = (referenceId: string) => house.call('POST', `/v1/recipients/${referenceId}/in-app`)
const urlsOf = (referenceId: string) => house.world.links(referenceId).map(({ url }) => url)

it('lays the link ready for the app beside the message, and opening it there stops the reminders', async () => {
  const sent = await house.send({ channels: ['in_app', 'sms'] })

  const { status, body } = await fetchLink(sent.referenceId)
  await fetch(body['url'])
  await house.world.idle()
  await house.advance('P7D')

  expect(status).toBe(200)
  expect([body['url']]).toEqual(urlsOf(sent.referenceId))
  expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['sms'])
  expect(await house.get(sent.id)).toMatchObject({ status: 'opened' })
})

it('is a way of its own for somebody without any address', async () => {
  const { id, referenceId } = await house.send({ contact: {}, channels: ['in_app'], reminders: null })

  const { status, body } = await fetchLink(referenceId)

  expect(status).toBe(200)
  expect(urlsOf(referenceId)).toEqual([body['url']])
  expect(await house.get(id)).toMatchObject({ status: 'sent', delivery: { channel: 'in_app' } })
})

it('hands nothing out after the open: that link would never tell of an open again', async () => {
  const { referenceId } = await house.send({ channels: ['in_app', 'sms'] })
  await house.openLink(referenceId)

  const { status, body } = await fetchLink(referenceId)

  expect(status).toBe(404)
  expect(body).toMatchObject({ code: 'no_link' })
})

it('hands nothing out where in_app was not listed', async () => {
  const { referenceId } = await house.send({ channels: ['sms'] })

  const { status, body } = await fetchLink(referenceId)

  expect(status).toBe(404)
  expect(body).toMatchObject({ code: 'no_link' })
})
