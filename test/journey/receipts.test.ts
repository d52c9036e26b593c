import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { readId } from '../../src/lib/id.ts'
import { eventually, openHouse } from '../support/house.ts'

const house = await openHouse({ env: { EMAIL_WEBHOOK_SECRET: 'a-secret-of-the-mail-server' } })
type Json = Awaited<ReturnType<typeof house.get>>
const { faults } = house.world
const stepOf = async (id: string, n = 0) => (await house.get(id))['steps'][n]
const sids = (phone: string | undefined) =>
  house.world.twilio
    .messages()
    .filter(({ to }) => to === phone)
    .map(({ sid }) => sid)

it('shows a text as delivered when the provider says so', async () => {
  const sent = await house.send({ channels: ['sms'], reminders: null })

  await eventually(async () => expect(await stepOf(sent.id)).toMatchObject({ status: 'delivered', confirmed: true }))
  expect(await house.timeline(sent.id)).toContain('message.delivered')
})

it('goes on by mail when the text did not arrive', async () => {
  const phone = '+15005530004'
  const email = 'ana-30004@example.com'

  const sent = await house.send({ contact: { phone, email }, channels: ['sms', 'email'], reminders: null })
  await eventually(() => expect(house.inbox({ contact: { email } })).toHaveLength(1))
  await house.settled()

  const { status, steps, timeline } = await house.get(sent.id)
  expect(status).toBe('sent')
  expect(steps[0]).toMatchObject({ status: 'handed', channel: 'email' })
  expect(timeline.map(({ type }: Json) => type)).toEqual(
    expect.arrayContaining(['message.handed', 'dispatch.sent', 'message.failed']),
  )
})

it('fails a dispatch whose only message did not arrive', async () => {
  faults.arm('twilio', { kind: 'receipt', code: 30004, count: 1 })

  const sent = await house.send({ channels: ['sms'] })

  await eventually(async () =>
    expect(await house.get(sent.id)).toMatchObject({ status: 'failed', reason: 'no_channel_worked' }),
  )
  await house.advance('P7D')
  expect(house.inbox(sent)).toHaveLength(1)
})

it('tries an unreachable handset again, at least half an hour later', async () => {
  faults.arm('twilio', { kind: 'receipt', code: 30003, count: 1 })

  const sent = await house.send({ channels: ['sms'], reminders: null })
  await eventually(async () => expect(await stepOf(sent.id)).toMatchObject({ status: 'pending' }))
  await house.advance('PT29M')
  const early = house.inbox(sent).length
  await house.advance('PT2M')

  expect(early).toBe(1)
  expect(house.inbox(sent)).toHaveLength(2)
})

it('does not send once more what was reported as unreachable, and has arrived after all', async () => {
  faults.arm('twilio', { kind: 'receipt', code: 30003, count: 1 })
  const sent = await house.send({ channels: ['sms'], reminders: null })
  await eventually(async () => expect(await stepOf(sent.id)).toMatchObject({ status: 'pending' }))

  await house.world.twilio.receipt(sids(sent.contact.phone)[0] ?? '', 'delivered')
  await eventually(async () => expect(await stepOf(sent.id)).toMatchObject({ status: 'delivered', confirmed: true }))
  await house.advance('PT1H')

  expect(house.inbox(sent)).toHaveLength(1)
})

it('hears nothing twice, late or out of order', async () => {
  const sent = await house.send({ channels: ['sms'], reminders: null })
  await eventually(async () => expect(await stepOf(sent.id)).toMatchObject({ status: 'delivered' }))
  const before = await house.timeline(sent.id)

  const [sid = ''] = sids(sent.contact.phone)
  await house.world.twilio.receipt(sid, 'delivered')
  await house.world.twilio.receipt(sid, 'sent')
  await house.world.twilio.receipt(sid, 'undelivered', 30004)
  await house.settled()

  expect(await house.timeline(sent.id)).toEqual(before)
  expect(house.inbox(sent)).toHaveLength(1)
})

it('asks for a receipt that never came', async () => {
  faults.arm('twilio', { kind: 'no_receipt', count: 1 })
  const sent = await house.send({ channels: ['sms'], reminders: null })
  const [sid] = sids(sent.contact.phone)
  const message = house.world.twilio.messages().find((one) => one.sid === sid)
  if (message) Object.assign(message, { status: 'delivered' })

  const before = await stepOf(sent.id)
  await house.advance('PT16M')

  expect(before).toMatchObject({ status: 'handed' })
  expect(await stepOf(sent.id)).toMatchObject({ status: 'delivered' })
})

it('finds an ambiguous text in the provider’s list, and sends no second one', async () => {
  // Receipts go where nobody listens: only the list can tell.
  const deaf = await openHouse({ env: { PUBLIC_URL: 'http://127.0.0.1:9' } })
  deaf.world.faults.arm('twilio', { kind: 'reset_after', count: 1 })
  const sent = await deaf.send({ channels: ['sms'], reminders: null })

  await deaf.advance('PT2M')

  expect(await deaf.timeline(sent.id)).toContain('message.unclear')
  expect((await deaf.get(sent.id))['steps'][0]).toMatchObject({ confirmed: true })
  expect(deaf.inbox(sent)).toHaveLength(1)
})

it('sends an ambiguous text again when the provider has none, five minutes after the claim', async () => {
  faults.arm('twilio', { kind: 'error_500', count: 1 })
  const sent = await house.send({ channels: ['sms'], reminders: null })
  const unclear = await stepOf(sent.id)

  await house.advance('PT4M')
  const early = house.inbox(sent).length
  await house.advance('PT2M')
  await house.advance('PT10S')

  expect([unclear['status'], early]).toEqual(['ambiguous', 0])
  expect(house.inbox(sent)).toHaveLength(1)
})

it.each(['/webhooks/twilio/status', '/webhooks/twilio/inbound', '/webhooks/email/dsn'])(
  'answers 401 to whoever cannot sign: %s',
  async (path) => {
    const answer = await fetch(`${house.url}${path}`, {
      method: 'POST',
      headers: { 'X-Twilio-Signature': 'AAAA', Authorization: 'Bearer wrong' },
      body: new URLSearchParams({ From: '+15125550123', MessageSid: 'SM1', MessageStatus: 'delivered', Body: 'STOP' }),
    })

    expect(answer.status).toBe(401)
  },
)

it('suppresses the address of a mail that bounced for good, and says where the message goes instead', async () => {
  const sent = await house.send({ channels: ['email', 'sms'], reminders: null })
  const report = bounceOf(stepUuid(sent.id), sent.contact.email ?? '')

  const first = await postReport(report)
  const again = await postReport(report)
  await house.settled()

  expect([first, again]).toEqual([204, 204])
  await eventually(() => expect(house.inbox(sent).map(({ channel }) => channel)).toEqual(['email', 'sms']))
  const { body } = await house.call('POST', '/v1/suppressions/search', { email: sent.contact.email })
  expect(body['items']).toMatchObject([{ channel: 'email', reason: 'hard_bounce', placedBy: 'provider' }])
})

const stepUuid = (id: string) => `${readId('dsp', id)}.1`

async function postReport(report: string): Promise<number> {
  const signature = createHmac('sha256', 'a-secret-of-the-mail-server').update(report).digest('hex')
  const answer = await fetch(`${house.url}/webhooks/email/dsn`, {
    method: 'POST',
    headers: { 'Content-Type': 'message/rfc822', 'X-Signature': `sha256=${signature}` },
    body: report,
  })
  await answer.arrayBuffer()
  return answer.status
}

const bounceOf = (stepId: string, address: string) =>
  [
    'From: MAILER-DAEMON@mx.example.net',
    'To: hello@link-dispatcher.example',
    'Subject: Undelivered',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'It did not arrive.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.net',
    '',
    `Final-Recipient: rfc822; ${address}`,
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: <${stepId}@link-dispatcher.example>`,
    '',
    '--b--',
    '',
  ].join('\r\n')
