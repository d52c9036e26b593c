import { describe, expect, it } from 'vitest'
import { readId } from '../../src/lib/id.ts'
import { BACKENDS, eventually, openHouse } from '../support/house.ts'
import { queuesOf, textOfTables } from '../support/queues.ts'

const KNOWN = {
  phone: '+15125557391',
  email: 'canary.7391@example.com',
  'first name': 'Canarinha7391',
  'last name': 'Vogelsang7391',
  'account number': '014027000073917393',
  'id number': '739-17-3917',
  'push token': 'device-canary-7391-abcdefgh',
  metadata: 'case-canary-7391',
  'link metadata': 'link-canary-7391',
  variable: 'variable-canary-7391',
}

describe.each(BACKENDS)('with the queues in %s', async (backend) => {
  it('keeps what is secret out of tables, queues, logs and answers', async () => {
    const lines: string[] = []
    const log = { level: 'trace', destination: { write: (line: string) => void lines.push(line) } }
    const house = await openHouse({ queues: backend, env: { LOG_LEVEL: 'trace' }, log })
    const queues = await queuesOf(house, backend)
    const person = {
      userData: {
        name: { firstName: KNOWN['first name'], lastName: KNOWN['last name'] },
        idNumber: KNOWN['id number'],
        idType: 'SSN',
        paymentMethod: {
          type: 'bank_account',
          bankAccount: { country: 'MX', accountNumber: KNOWN['account number'] },
        },
      },
      contact: { phone: KNOWN.phone, email: KNOWN.email, pushTokens: [KNOWN['push token']] },
      channels: ['push', 'sms', 'email', 'in_app'],
      variables: { note: KNOWN.variable },
      link: { metadata: { note: KNOWN['link metadata'] } },
    }
    const { faults } = house.world
    const answers: string[] = []
    const ask = async (...request: Parameters<typeof house.call>) => answers.push((await house.call(...request)).text)

    // A life with much in it: every channel, a refusal, a lost answer, bad requests, a second dispatch, an open, money.
    faults.arm('twilio', { kind: 'code', code: 21612, count: 1 })
    faults.arm('partner.create', { kind: 'reply_lost', count: 1 })
    const sent = await house.send({ ...person, metadata: { note: KNOWN.metadata } })
    await house.advance('PT24H')
    await ask('PATCH', `/v1/dispatches/${sent.id}`, { contact: { email: KNOWN.email } })
    await ask('POST', `/v1/previews`, { ...person, referenceId: sent.referenceId })
    await ask('POST', '/v1/dispatches', { ...person, referenceId: KNOWN.phone, contact: { phone: `${KNOWN.phone}9` } })
    await ask('POST', '/v1/dispatches/search', { phone: KNOWN.phone })
    await queues.pause('sms')
    const second = await house.accept({ ...person, referenceId: sent.referenceId, channels: ['sms'], ifActive: 'join' })
    await eventually(async () => expect(await queues.text()).toContain(readId('dsp', second.id)))
    const queued = await queues.text()
    await queues.resume('sms')
    await house.settled()
    house.world.completeOperation({ referenceId: sent.referenceId })
    await house.world.idle()
    await house.settled()
    await ask('GET', `/v1/dispatches/${sent.id}`)

    const [link] = house.world.links(sent.referenceId)
    const secrets = { ...KNOWN, 'link id': link?.linkId ?? '', 'link URL': link?.url ?? '' }
    expect(house.inbox(person).map(({ channel }) => channel)).toEqual(expect.arrayContaining(['push', 'sms', 'email']))
    const [tables, logs] = [await textOfTables(house.databaseUrl), lines.join('')]
    expect(tables).toContain(sent.referenceId)
    expect(logs).toContain('/v1/dispatches/{id}')
    expect(hits(secrets, queued), 'queues').toEqual([])
    expect(hits(secrets, tables), 'tables').toEqual([])
    expect(hits(secrets, logs), 'logs').toEqual([])
    // Metadata is the CRM's to read; a preview shows words as the person will see them.
    const { metadata: _, 'first name': __, 'last name': ___, ...unspoken } = secrets
    expect(hits(unspoken, answers.join('\n')), 'answers').toEqual([])
  })
})

it('finds a secret in each of the disguises it looks for', () => {
  const secrets = { phone: KNOWN.phone }
  const disguises = [
    KNOWN.phone,
    `?to=${encodeURIComponent(KNOWN.phone)}`,
    Buffer.from(`a ${KNOWN.phone} b`).toString('hex'),
    ...['', 'x', 'xy'].map((before) => Buffer.from(`${before}${KNOWN.phone} and more`).toString('base64')),
  ]

  expect(disguises.map((text) => hits(secrets, text))).toEqual(disguises.map(() => ['phone']))
})

/** The names of the secrets that stand in a text: plain, in any case, URL-encoded, or as hex or base64 of a longer text. */
const hits = (secrets: Record<string, string>, text: string): string[] => {
  const lower = text.toLowerCase()
  return Object.entries(secrets)
    .filter(([, secret]) => disguisesOf(secret).some((one) => text.includes(one) || lower.includes(one.toLowerCase())))
    .map(([name]) => name)
}

function disguisesOf(secret: string): string[] {
  const shifted = [0, 1, 2].map((shift) => {
    const text = Buffer.from(`${'\0'.repeat(shift)}${secret}`).toString('base64')
    return text.slice(shift === 0 ? 0 : 4, Math.floor((shift + Buffer.byteLength(secret)) / 3) * 4)
  })
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString('hex'), ...shifted]
}
