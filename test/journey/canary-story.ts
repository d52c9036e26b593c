import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { readId } from '../../src/lib/id.ts'
import type { Secrets } from '../support/canaries.ts'
import { type House, linkIn } from '../support/house.ts'
import { CANARIES, contact, other, person } from './canary-person.ts'

export const MAIL_SECRET = 'a-secret-of-the-mail-server-4826'

const FAULTS = [
  ['sms', 'twilio', { kind: 'code', code: 21612 }],
  ['email', 'smtp', { kind: 'code', code: 550, stage: 'dot' }],
  ['push', 'fcm', { kind: 'payload' }],
] as const

const AUDIENCE = [
  'referenceId,phone,email,firstName,metadata.note,variables.note',
  `user_campaign,${CANARIES.otherPhone},,${CANARIES.firstName},${CANARIES.metadata},${CANARIES.variable}`,
  `${CANARIES.email},${CANARIES.phone},,${CANARIES.firstName},,`,
  `user_bad,${CANARIES.phone}9999,,${CANARIES.lastName},,`,
  `user_worse,,${CANARIES.email};${CANARIES.otherEmail},${CANARIES.firstName},,`,
].join('\n')

/** A life with everything in it. Answers that are documented to return what is the CRM's own are not kept. */
export function makeStory(house: House) {
  const answers: string[] = []
  const referenceId = 'user_canary'
  const { faults, twilio } = house.world
  const found: Secrets = {
    'API key': house.app.apiKey,
    'webhook secret': house.webhookSecret,
    'mail secret': MAIL_SECRET,
  }
  let bytesRead = 0
  let sawPerson = false
  let dispatchId = ''

  const ask = async (...request: Parameters<House['call']>) => {
    const answer = await house.call(...request)
    answers.push(`${JSON.stringify([...answer.headers])} ${answer.text}`)
    return answer
  }
  const learnLinks = (name: string, whose: string) => {
    for (const [i, { linkId, url }] of house.world.links(whose).entries()) {
      found[`link id of ${name} ${i}`] = linkId
      found[`link URL of ${name} ${i}`] = url
    }
  }

  return {
    answers: () => answers,
    learned: () => found,
    count(bytes: Buffer) {
      bytesRead += bytes.length
      sawPerson ||= bytes.includes(referenceId)
    },

    /** Every channel, with a refusal, a lost answer, a throttled partner, reminders, a code of ours, a link of the CRM's. */
    async sends() {
      for (const [channel, target, fault] of FAULTS) {
        faults.arm(target, { ...fault, count: 1 })
        await house.send({ ...person, referenceId: `user_refused_${channel}`, channels: [channel] })
        await house.send({ ...person, referenceId: `user_${channel}`, channels: [channel] })
      }
      faults.arm('partner.create', { kind: 'reply_lost', count: 1 })
      const channels = ['push', 'sms', 'email', 'in_app']
      const { id } = await house.send({ ...person, referenceId, channels, metadata: { note: CANARIES.metadata } })
      dispatchId = id
      await house.advance('PT24H')
      await house.advance('PT50H')
      learnLinks('the first', referenceId)
      const evergreen = { ...other, referenceId: 'user_evergreen', channels: ['sms'], link: { mode: 'evergreen' } }
      const coded = await house.send(evergreen)
      const code = linkIn(house.inbox(coded).at(-1)!).split('/l/')[1] ?? ''
      found['code'] = code
      await fetch(`${house.url}/l/${code}`, { redirect: 'manual' })
      await ask('GET', `/l/${code}x`)
      learnLinks('the second', 'user_evergreen')
      const link = await house.linkFromElsewhere('user_own', 1_440)
      await house.send({ ...other, referenceId: 'user_own', link })
      learnLinks('the third', 'user_own')
      await ask('PATCH', `/v1/dispatches/${id}`, { contact: other.contact })
      await ask('POST', `/v1/dispatches/${id}/resend`, { channel: 'sms', contact })
      await ask('POST', '/v1/dispatches/batch', {
        items: [
          { ...person, referenceId: 'user_batch' },
          { ...person, referenceId: CANARIES.email },
        ],
      })
      await ask('POST', '/v1/previews', { ...person, referenceId })
      await ask('POST', '/v1/dispatches/search', { phone: CANARIES.phone })
      await ask('POST', '/v1/dispatches/search', { email: CANARIES.email })
      await house.settled()
    },

    /** Receipts, a bounce, a text that only a person can answer, the open and the money. */
    async hears() {
      const mail = await house.send({
        ...other,
        referenceId: 'user_bounce',
        channels: ['email', 'sms'],
        reminders: null,
      })
      await house.advance('PT10M')
      expect((await house.get(mail.id))['steps'][0]).toMatchObject({ status: 'handed', channel: 'email' })
      expect(await report(house, `${readId('dsp', mail.id)}.1`)).toBe(204)
      await twilio.reply(CANARIES.phone, CANARIES.inbound)
      await house.call('POST', `/v1/recipients/${referenceId}/in-app`)
      await house.openLink(referenceId)
      house.world.completeOperation({ referenceId })
      await house.world.idle()
      await house.settled()
      await ask('GET', `/v1/dispatches/${mail.id}`)
      await ask('GET', `/v1/dispatches/${dispatchId}/record`)
    },

    /** Everything that can be wrong, with a secret in every field, path, query and header. */
    async refuses() {
      const secretFields = Object.fromEntries(Object.entries(CANARIES).map(([, value]) => [value, value]))
      const wrong: object[] = [
        { ...person, referenceId: CANARIES.phone },
        { ...person, referenceId: CANARIES.email },
        {
          ...person,
          referenceId: 'user_x',
          contact: { phone: `${CANARIES.phone}9`, email: `${CANARIES.email},${CANARIES.email}` },
        },
        { ...person, referenceId: 'user_x', contact: { pushTokens: [`${CANARIES.token}\n`] }, locale: CANARIES.email },
        { ...person, referenceId: 'user_x', timeZone: CANARIES.phone, template: CANARIES.email, sendAt: CANARIES.dob },
        { ...person, referenceId: 'user_x', template: 'no-such-template' },
        { ...person, referenceId: 'user_x', userData: secretFields },
        { ...person, referenceId: 'user_x', ...secretFields },
        {
          ...person,
          referenceId: 'user_x',
          userData: { ...person.userData, idType: CANARIES.ssn, dob: CANARIES.phone },
        },
        {
          ...person,
          referenceId: 'user_x',
          userData: { ...person.userData, paymentMethod: { type: CANARIES.account } },
        },
        {
          ...person,
          referenceId: 'user_x',
          link: {
            linkId: found['link id of the first 0'],
            url: found['link URL of the first 0'],
            expiresAt: '2090-01-01T00:00:00Z',
          },
        },
        { ...person, referenceId: 'user_x', metadata: { note: `${CANARIES.metadata}${'x'.repeat(5_000)}` } },
        {
          ...person,
          referenceId: 'user_x',
          variables: { __proto__x: CANARIES.variable, constructor: CANARIES.variable },
        },
      ]
      for (const body of wrong) await ask('POST', '/v1/dispatches', body)
      for (const body of wrong) await ask('POST', '/v1/previews', body)
      await ask('POST', '/v1/dispatches', `{"referenceId": "${CANARIES.email}"`)
      await ask(
        'POST',
        '/v1/dispatches',
        { ...person, referenceId: 'user_x' },
        { 'Idempotency-Key': `a ${CANARIES.phone}` },
      )
      for (const path of ['dispatches', 'holds', 'suppressions', 'keys']) {
        await ask(
          'GET',
          `/v1/${path}/${encodeURIComponent(CANARIES.email)}?phone=${encodeURIComponent(CANARIES.phone)}`,
        )
        await ask('POST', `/v1/${path}`, secretFields)
        await ask('DELETE', `/v1/${path}/${found['link id of the first 0']}`)
      }
      await ask('GET', `/v1/dispatches?referenceId=${encodeURIComponent(CANARIES.email)}`)
      await ask('POST', `/v1/recipients/${encodeURIComponent(CANARIES.email)}/cancel`, {})
      await ask('POST', `/v1/recipients/${encodeURIComponent(CANARIES.phone)}/in-app`)
      await ask('GET', '/v1/templates', undefined, {
        Authorization: `Bearer ${CANARIES.token}`,
        Cookie: CANARIES.account,
      })
      await ask(
        'POST',
        '/webhooks/m2m',
        { linkId: found['link id of the first 0'] },
        { 'X-M2M-Signature': CANARIES.token },
      )
      await ask(
        'POST',
        '/webhooks/twilio/inbound',
        `From=${encodeURIComponent(CANARIES.phone)}&Body=${CANARIES.variable}`,
      )
      await ask('POST', '/webhooks/email/dsn', CANARIES.report)
      await ask('POST', `/u/${CANARIES.token}`)
      await ask('GET', `/${CANARIES.account}`)
    },

    /** An audience with good and bad lines, looked at in every way, sent, and followed up. */
    async campaigns() {
      const plan = { name: 'Canaries', category: 'transactional', reminders: null }
      const { body } = await ask('POST', '/v1/campaigns', plan)
      const path = `/v1/campaigns/${body['id']}`
      const csv = { 'Content-Type': 'text/csv' }
      const { body: taken } = await ask('POST', `${path}/audience`, AUDIENCE, csv)
      expect(taken).toMatchObject({ taken: 1, refused: 3 })
      await ask('POST', `${path}/audience/mapping`, AUDIENCE, csv)
      await ask('POST', `${path}/audience?map=${encodeURIComponent(CANARIES.email)}`, AUDIENCE, csv)
      await ask('GET', `${path}/audience`)
      await ask('POST', `${path}/estimate`, {})
      await ask('GET', `${path}/samples?n=1`)
      await ask('POST', `${path}/start`, {})
      await house.settled()
      learnLinks('the fourth', 'user_campaign')
      expect((await ask('GET', `${path}/progress`)).body['people']).toMatchObject({ handed: 1 })
      for (const report of ['funnel', 'results', 'follow-up?list=not_opened', 'follow-up.csv?list=not_opened'])
        await ask('GET', `${path}/${report}`)
    },

    /** One click, STOP, lists, suppressions, cancelling. */
    async stops() {
      const commercial = {
        ...other,
        referenceId: 'user_offers',
        channels: ['email'],
        category: 'commercial',
        contact: { email: 'offers.4826@example.com' },
      }
      const offer = await house.send(commercial)
      const [, token = ''] = /\/u\/([\w-]+)/.exec(JSON.stringify(house.inbox(offer).at(-1))) ?? []
      found['unsubscribe token'] = token
      await ask('GET', `/u/${token}`)
      await ask('POST', `/u/${token}`)
      const running = await house.send({
        ...other,
        referenceId: 'user_stop',
        channels: ['sms'],
        contact: { phone: CANARIES.otherPhone },
      })
      await twilio.reply(CANARIES.otherPhone, 'STOP')
      expect(await house.get(running.id)).toMatchObject({ status: 'suppressed' })
      const { body } = await ask('POST', '/v1/suppressions', { email: CANARIES.email })
      await ask('POST', '/v1/suppressions/search', { phone: CANARIES.otherPhone })
      await ask('POST', `/v1/suppressions/${body['id']}/lift`, { reason: 'asked' })
      const list = [CANARIES.phone, CANARIES.email, CANARIES.account, `${CANARIES.email};x`, CANARIES.token].join('\n')
      await ask('POST', '/v1/suppressions/import', list, { 'Content-Type': 'text/csv' })
      await ask('GET', '/v1/suppressions')
      const last = await house.accept({ ...person, referenceId: 'user_cancel', sendAt: '2090-01-01T00:00:00Z' })
      await ask('POST', `/v1/dispatches/${last.id}/cancel`, { revokeLinks: true })
      await ask('GET', '/v1/dispatches?limit=1')
      await ask('GET', '/v1/status')
      await house.settled()
    },

    /** A story that did not take place proves nothing. */
    proveItHappened(log: string, spans: string, queued: Buffer) {
      const { sms, email, push } = Object.groupBy(house.inbox({ contact }), ({ channel }) => channel)
      expect([sms?.length, email?.length, push?.length].map(Boolean)).toEqual([true, true, true])
      expect(Object.values(found).filter((secret) => secret.length < 10)).toEqual([])
      expect(Object.keys(found).length).toBeGreaterThan(10)
      expect(log).toContain('/v1/dispatches/{id}')
      expect(spans).toContain('send twilio')
      expect(queued.length).toBeGreaterThan(100)
      expect([bytesRead > 8_000_000, sawPerson]).toEqual([true, true])
    },
  }
}

/** The mail server's report that a message could not be delivered, in its own words. */
async function report(house: House, step: string): Promise<number> {
  const text = [
    'From: MAILER-DAEMON@mx.example.net',
    'Subject: Undelivered',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    `${CANARIES.report} for ${CANARIES.otherEmail}`,
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.example.net',
    '',
    `Final-Recipient: rfc822; ${CANARIES.otherEmail}`,
    'Action: failed',
    'Status: 5.1.1',
    `Diagnostic-Code: smtp; 550 5.1.1 ${CANARIES.report} <${CANARIES.otherEmail}>`,
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: <${step}@link-dispatcher.example>`,
    '',
    '--b--',
    '',
  ].join('\r\n')
  const signature = createHmac('sha256', MAIL_SECRET).update(text).digest('hex')
  const answer = await fetch(`${house.url}/webhooks/email/dsn`, {
    method: 'POST',
    headers: { 'Content-Type': 'message/rfc822', 'X-Signature': `sha256=${signature}` },
    body: text,
  })
  await answer.arrayBuffer()
  return answer.status
}
