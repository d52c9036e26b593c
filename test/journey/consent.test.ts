import { expect, it } from 'vitest'
import { unique } from '../support/builders.ts'
import { openHouse } from '../support/house.ts'

const house = await openHouse()
type Json = Awaited<ReturnType<typeof house.get>>
const { twilio } = house.world
const suppressionsOf = async (whom: Json) =>
  (await house.call('POST', '/v1/suppressions/search', whom)).body['items'] as Json[]
const answersTo = (phone: string | undefined) =>
  house.world.mailbox
    .all()
    .filter(({ to, direction, text }) => to === phone && direction === 'outbound' && !/https?:/.test(text ?? ''))
    .map(({ text }) => text)

it('stops everything for whoever writes stop in their own words, before it is answered', async () => {
  const sent = await house.send({ channels: ['sms', 'email'], locale: 'es-MX' })
  const phone = sent.contact.phone ?? ''

  await twilio.reply(phone, 'Baja por favor')
  const told = await house.get(sent.id)
  await house.advance('P7D')
  const next = await house.send({ contact: sent.contact, channels: ['sms'], reminders: null })

  expect(told).toMatchObject({ status: 'suppressed', reason: 'opt_out' })
  expect(await house.timeline(sent.id)).toContain('recipient.opted_out')
  expect(house.inbox(sent).filter(({ text }) => /https?:/.test(text ?? ''))).toHaveLength(1)
  expect(await house.get(next.id)).toMatchObject({ status: 'suppressed', reason: 'opt_out' })
  expect(answersTo(phone).join()).toContain('No recibirá más mensajes')
})

it('survives a new number, as long as it is the same recipient', async () => {
  const sent = await house.send({ channels: ['sms'], reminders: null })
  await twilio.reply(sent.contact.phone ?? '', 'unsubscribe me')

  const moved = await house.send({
    referenceId: sent.referenceId,
    contact: { phone: '+15125559977' },
    channels: ['sms'],
    reminders: null,
  })

  expect(await house.get(moved.id)).toMatchObject({ status: 'suppressed', reason: 'opt_out' })
})

it('takes START as consent, and keeps that it was given', async () => {
  const sent = await house.send({ channels: ['sms'], reminders: null })
  const phone = sent.contact.phone ?? ''
  await twilio.reply(phone, 'STOP')
  await twilio.reply(phone, 'START')

  const again = await house.send({ contact: sent.contact, referenceId: sent.referenceId, channels: ['sms'] })

  expect(await house.get(again.id)).toMatchObject({ status: 'sent' })
  expect(await suppressionsOf({ phone })).toMatchObject([
    { reason: 'opt_out', liftedBy: 'recipient', liftReason: 'start', consent: 'The person wrote START.' },
  ])
})

it('answers HELP, and keeps what only a person can answer', async () => {
  const sent = await house.send({ channels: ['sms'], locale: 'en' })
  const phone = sent.contact.phone ?? ''

  await twilio.reply(phone, 'help')
  await twilio.reply(phone, 'My bus will stop at noon, is that fine?')
  await house.settled()

  expect(answersTo(phone)).toEqual([expect.stringContaining('Reply STOP')])
  const { status, timeline } = await house.get(sent.id)
  expect(status).toBe('sent')
  expect(timeline).toContainEqual(
    expect.objectContaining({ type: 'recipient.replied', data: expect.objectContaining({ channel: 'sms' }) }),
  )
  expect(JSON.stringify(timeline)).not.toContain('noon')
  const { body } = await house.call('GET', '/v1/inbound-texts')
  expect(body['items'][0]).toMatchObject({ dispatchId: sent.id, text: 'My bus will stop at noon, is that fine?' })
  expect(body['items'][0].phone).toContain(phone.slice(-4))
})

it('leaves commercial mail with one click, and only that', async () => {
  const commercial = { channels: ['email'], category: 'commercial', reminders: null }
  const sent = await house.send(commercial)
  const { contact } = sent
  const link = unsubscribeIn(house.inbox(sent).at(-1))

  const looked = await fetch(link)
  const headed = await fetch(link, { method: 'HEAD' })
  const untouched = await suppressionsOf({ email: contact.email })
  const clicked = await fetch(link, {
    method: 'POST',
    body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
  })
  const next = await house.send({ ...commercial, contact })
  const transactional = await house.send({ contact, channels: ['email'], reminders: null })

  expect([looked.status, headed.status, clicked.status]).toEqual([200, 200, 200])
  expect(untouched).toEqual([])
  expect(await suppressionsOf({ email: contact.email })).toMatchObject([{ reason: 'opt_out', scope: 'commercial' }])
  expect(await house.get(sent.id)).toMatchObject({ status: 'suppressed' })
  expect(await house.get(next.id)).toMatchObject({ status: 'suppressed' })
  expect(await house.get(transactional.id)).toMatchObject({ status: 'sent' })
})

it('knows no token but its own', async () => {
  const sent = await house.send({ channels: ['email'], category: 'commercial', reminders: null })
  const link = unsubscribeIn(house.inbox(sent).at(-1))
  const forged = `${link.slice(0, -3)}${link.endsWith('AAA') ? 'BBB' : 'AAA'}`

  const answer = await fetch(forged, { method: 'POST' })

  expect(answer.status).toBe(404)
  expect(await suppressionsOf({ email: sent.contact.email })).toEqual([])
})

it('takes a list of a CRM, row by row, and stops who is on it', async () => {
  const sent = await house.send({ channels: ['email'] })
  const list = ['address,reason', sent.contact.email, '+15125559001', 'nonsense', '"+15125559002",complaint', ''].join(
    '\n',
  )

  const first = await house.call('POST', '/v1/suppressions/import', list, { 'Content-Type': 'text/csv' })
  const again = await house.call('POST', '/v1/suppressions/import', list, { 'Content-Type': 'text/csv' })

  expect(first.body).toMatchObject({ rows: 4, added: 3, known: 0, refused: 1, dispatchesStopped: 1 })
  expect(first.body['errors']).toMatchObject([{ line: 4 }])
  expect(first.text).not.toContain('nonsense')
  expect(again.body).toMatchObject({ added: 0, known: 3 })
  expect(await house.get(sent.id)).toMatchObject({ status: 'suppressed', reason: 'opt_out' })
})

it('lifts a wish only with the consent that it keeps', async () => {
  const referenceId = unique('user')
  const { body: placed } = await house.call('POST', '/v1/suppressions', { referenceId, reason: 'opt_out' })
  const lift = (body: Json) => house.call('POST', `/v1/suppressions/${placed['id']}/lift`, body)

  const without = await lift({ reason: 'called us' })
  const withConsent = await lift({ reason: 'called us', consent: 'by phone, 22 November, recorded' })

  expect(without).toMatchObject({ status: 422, body: { errors: [{ path: 'consent' }] } })
  expect(withConsent).toMatchObject({ status: 200, body: { liftReason: 'called us' } })
  expect((await house.call('GET', '/v1/suppressions')).body['items']).not.toContainEqual(
    expect.objectContaining({ id: placed['id'] }),
  )
})

/** The inbox keeps the head of a mail as it came. */
function unsubscribeIn(message: unknown): string {
  const [, link = ''] = /<(https?:[^>]*\/u\/[\w-]+)>/.exec(JSON.stringify(message)) ?? []
  return link
}
