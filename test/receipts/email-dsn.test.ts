import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { enhancedStatus, judgeBounce } from '../../src/receipts/email-codes.ts'
import { makeDsn } from '../../src/receipts/email-dsn.ts'
import { addressOf, readBlocks } from '../../src/receipts/report-fields.ts'

const SECRET = 'shared-with-the-mail-server'
const STEP = '019a9f3e-7b1c-7000-8000-0123456789ab.2'
const NOW = new Date('2026-11-22T18:00:00Z')
const BEARER = { authorization: `Bearer ${SECRET}` }

const reader = makeDsn({ secrets: ['older', SECRET], domain: 'links.example.com' })
const read = (mail: string | Buffer, headers: Record<string, string | string[]> = BEARER) =>
  reader.read({ url: '/webhooks/email/dsn', raw: Buffer.from(mail), headers }, NOW)

const hmac = (mail: string, secret = SECRET) => `sha256=${createHmac('sha256', secret).update(mail).digest('hex')}`

interface Wish {
  type?: string
  report?: string[]
  reportType?: string
  returned?: string[]
  returnedType?: string
  head?: string[]
}

const RECIPIENT = ['Final-Recipient: rfc822; michael@example.com', 'Action: failed', 'Status: 5.1.1']

/** A report as a mail server writes it. */
function report({ type = 'multipart/report; report-type=delivery-status', head = [], ...wish }: Wish = {}): string {
  const about = ['Reporting-MTA: dns; mx.example.com', 'Arrival-Date: Sun, 22 Nov 2026 17:00:00 +0000', '']
  const returned = wish.returned ?? [`Message-ID: <${STEP}@links.example.com>`, 'Subject: Your link', '', 'the text']
  return [
    'From: MAILER-DAEMON@mx.example.com',
    'To: bounces@links.example.com',
    'Subject: Undelivered Mail Returned to Sender',
    'Date: Sun, 22 Nov 2026 17:10:00 +0000',
    'MIME-Version: 1.0',
    `Content-Type: ${type}; boundary="b1"`,
    ...head,
    '',
    '--b1',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'I am sorry to inform you …',
    '',
    '--b1',
    `Content-Type: ${wish.reportType ?? 'message/delivery-status'}`,
    '',
    ...(wish.report ?? [...about, ...RECIPIENT]),
    '',
    '--b1',
    `Content-Type: ${wish.returnedType ?? 'message/rfc822'}`,
    '',
    ...returned,
    '',
    '--b1--',
    '',
  ].join('\r\n')
}

const failed = (...fields: string[]) =>
  report({
    report: ['Reporting-MTA: dns; mx.example.com', '', 'Final-Recipient: rfc822; michael@example.com', ...fields],
  })

async function told(mail: string) {
  const reading = await read(mail)
  return reading.ok ? reading.receipts : []
}

describe('the door', () => {
  const mail = report()

  test.each([
    ['the secret', BEARER],
    ['the secret, spelled in lower case', { authorization: `bearer ${SECRET}` }],
    ['an older secret', { authorization: 'Bearer older' }],
    ['a signature', { 'x-signature': hmac(mail) }],
    ['a signature by an older secret', { 'x-signature': hmac(mail, 'older') }],
  ])('opens to %s', async (_, headers) => {
    expect(await read(mail, headers)).toMatchObject({ ok: true, receipts: [{ stepId: STEP }] })
  })

  test.each([
    ['another secret', { authorization: 'Bearer x' }],
    ['the beginning of the secret', { authorization: `Bearer ${SECRET.slice(0, -1)}` }],
    ['no secret at all', { authorization: 'Bearer ' }],
    ['the secret by another scheme', { authorization: `Basic ${SECRET}` }],
    ['a signature over another body', { 'x-signature': hmac(`${mail} `) }],
    ['a signature by another secret', { 'x-signature': hmac(mail, 'x') }],
    ['a wrong signature beside the secret', { ...BEARER, 'x-signature': 'sha256=00' }],
  ])('stays shut to %s', async (_, headers) => {
    expect(await read(mail, headers)).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each([
    ['nobody', {}],
    ['two at once', { authorization: [BEARER.authorization, 'x'] }],
  ])('stays shut to %s', async (_, headers) => {
    expect(await read(mail, headers)).toEqual({ ok: false, reason: 'no_signature' })
  })

  test('has no secret of its own', async () => {
    const open = makeDsn({ secrets: [] })

    expect((await open.read({ url: '/', raw: Buffer.from(mail), headers: { authorization: 'Bearer ' } }, NOW)).ok).toBe(
      false,
    )
  })
})

describe('a bounce', () => {
  test('becomes a receipt of the step in the Message-ID that came back', async () => {
    const [receipt] = await told(report())

    expect(receipt).toEqual({
      provider: 'dsn',
      channel: 'email',
      attemptId: null,
      stepId: STEP,
      providerId: null,
      address: 'michael@example.com',
      status: 'bounced',
      rank: 6,
      final: true,
      outcome: { kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' },
      mostResends: null,
      occurredAt: new Date('2026-11-22T17:00:00Z'),
      key: expect.stringMatching(`^dsn:${STEP}:bounced:[0-9a-f]{32}$`),
    })
  })

  test.each<[string, Wish]>([
    ['with headers only', { returnedType: 'text/rfc822-headers' }],
    ['with a folded Message-ID', { returned: ['Message-ID:', ` <${STEP}@links.example.com>`, '', 'x'] }],
    ['with another case', { returned: [`message-id: <${STEP.toUpperCase()}@LINKS.example.COM>`, '', 'x'] }],
    [
      'as an answer to our mail',
      { returned: ['Subject: x', '', 'x'], head: [`In-Reply-To: <${STEP}@links.example.com>`] },
    ],
    ['of an international mail', { reportType: 'message/global-delivery-status', returnedType: 'message/global' }],
    ['with our mail called an attachment', { returnedType: 'message/rfc822\r\nContent-Disposition: attachment' }],
  ])('%s names the step', async (_, wish) => {
    expect(await told(report(wish))).toMatchObject([{ stepId: STEP }])
  })

  test('in base64 and with bare line feeds reads the same', async () => {
    const fields = ['Reporting-MTA: dns; mx', '', ...RECIPIENT].join('\n')
    const encoded = report({
      reportType: 'message/delivery-status\r\nContent-Transfer-Encoding: base64',
      report: [Buffer.from(fields).toString('base64')],
    })

    expect(await told(encoded.replaceAll('\r\n', '\n'))).toMatchObject([{ stepId: STEP, status: 'bounced' }])
  })

  test('that comes twice has the same key', async () => {
    const [first] = await told(report())
    const [again] = await told(`Received: from elsewhere\r\n${report()}`)

    expect(again?.key).toBe(first?.key)
  })

  test('about several recipients is several receipts, by their first names where known', async () => {
    const mail = report({
      report: [
        'Reporting-MTA: dns; mx',
        '',
        ...RECIPIENT,
        '',
        'Original-Recipient: rfc822;anna@example.com',
        'Final-Recipient: rfc822; box7@internal.example',
        'Action: delayed',
        'Status: 4.2.2',
      ],
    })

    expect(await told(mail)).toMatchObject([
      { address: 'michael@example.com', status: 'bounced' },
      { address: 'anna@example.com', status: 'deferred' },
    ])
  })

  const HARD = { kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' }
  const flagged = (reason: string) => ({ kind: 'permanent', reason, alert: true })

  test.each<[string, string[], string, object | null]>([
    ['no such mailbox', ['Action: failed', 'Status: 5.1.1'], 'bounced', HARD],
    ['no such host', ['Action: failed', 'Status: 5.1.2'], 'bounced', HARD],
    ['mailbox disabled', ['Action: failed', 'Status: 5.2.1'], 'bounced', HARD],
    ['undefined', ['Action: failed', 'Status: 5.0.0 (something)'], 'bounced', HARD],
    ['policy', ['Action: failed', 'Status: 5.7.1'], 'bounced', flagged('refused_by_policy')],
    ['not authenticated', ['Action: failed', 'Status: 5.7.26'], 'bounced', flagged('refused_by_policy')],
    ['content', ['Action: failed', 'Status: 5.6.0'], 'bounced', flagged('message_malformed')],
    ['too large', ['Action: failed', 'Status: 5.3.4'], 'bounced', flagged('message_too_large')],
    ['too large for the mailbox', ['Action: failed', 'Status: 5.2.3'], 'bounced', flagged('message_too_large')],
    ['mailbox full', ['Action: failed', 'Status: 5.2.2'], 'bounced', { kind: 'permanent', reason: 'mailbox_full' }],
    ['given up', ['Action: failed', 'Status: 4.4.7'], 'undelivered', null],
    ['a delay', ['Action: delayed', 'Status: 4.4.1'], 'deferred', null],
    ['a delay with a hard code', ['Action: delayed', 'Status: 5.1.1'], 'deferred', null],
    ['delivered', ['Action: delivered', 'Status: 2.0.0'], 'delivered', null],
    ['a status in the diagnosis only', ['Action: failed', 'Diagnostic-Code: smtp; 550 5.1.1 unknown'], 'bounced', HARD],
    ['no status', ['Action: failed'], 'bounced', { kind: 'permanent', reason: 'bounced_without_status' }],
    [
      'a status that is none',
      ['Action: failed', 'Status: 9.9.9'],
      'bounced',
      { kind: 'permanent', reason: 'bounced_without_status' },
    ],
    ['a comment after the action', ['Action: failed (permanent)', 'Status: 5.1.1'], 'bounced', HARD],
  ])('%s', async (_, fields, status, outcome) => {
    const [receipt] = await told(failed(...fields))

    expect(receipt?.status).toBe(status)
    expect(receipt?.outcome).toEqual(outcome)
  })

  test.each([['relayed'], ['expanded'], ['constructor'], ['']])('%j is no receipt', async (action) => {
    expect(await told(failed(`Action: ${action}`, 'Status: 5.1.1'))).toEqual([])
  })
})

describe('a complaint', () => {
  const complaint = (type: string, wish: Wish = {}) =>
    report({
      type: 'multipart/report; report-type=feedback-report',
      reportType: 'message/feedback-report',
      report: [
        `Feedback-Type: ${type}`,
        'User-Agent: SomeFBL/1.0',
        'Version: 1',
        'Original-Rcpt-To: <michael@example.com>',
        'Received-Date: Sun, 22 Nov 2026 17:30:00 +0000',
      ],
      ...wish,
    })

  test('stops all mail to the person', async () => {
    expect(await told(complaint('abuse'))).toMatchObject([
      {
        stepId: STEP,
        address: 'michael@example.com',
        status: 'complained',
        rank: 7,
        outcome: { kind: 'suppress', reason: 'complaint', suppression: 'complaint' },
        occurredAt: new Date('2026-11-22T17:30:00Z'),
      },
    ])
  })

  test.each(['abuse', 'Abuse', 'fraud', 'virus', 'other'])('of kind %s is one', async (type) => {
    expect(await told(complaint(type))).toMatchObject([{ status: 'complained' }])
  })

  test.each(['opt-out', 'opt-out-list'])('of kind %s is an unsubscription', async (type) => {
    expect(await told(complaint(type))).toMatchObject([{ status: 'unsubscribed', outcome: { suppression: 'opt_out' } }])
  })

  test.each(['not-spam', 'auth-failure', 'dkim', 'brand-new', 'constructor', ''])(
    'of kind %j is none',
    async (type) => {
      expect(await told(complaint(type))).toEqual([])
    },
  )
})

describe('what anybody may write to that mailbox', () => {
  test.each<[string, string]>([
    ["a bounce of another one's mail", report({ returned: ['Message-ID: <x@evil.example>', '', 'x'] })],
    ['our number at another domain', report({ returned: [`Message-ID: <${STEP}@evil.example>`, '', 'x'] })],
    ['a bounce that returns nothing', report({ returned: [''] })],
    [
      'a Message-ID in the text of what came back',
      report({ returned: ['Subject: x', '', `Message-ID: <${STEP}@links.example.com>`] }),
    ],
    ['a mail that only looks like a report', report({ type: 'multipart/mixed' })],
    ['a report without its machine part', report({ reportType: 'text/plain' })],
    ['a plain mail', `Message-ID: <${STEP}@links.example.com>\r\nSubject: Action: failed\r\n\r\nStatus: 5.1.1\r\n`],
    [
      'an out-of-office answer',
      `In-Reply-To: <${STEP}@links.example.com>\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n`,
    ],
    ['nothing', ''],
  ])('%s does nothing', async (_, mail) => {
    expect(await read(mail)).toEqual({ ok: true, receipts: [] })
  })

  const nested = (depth: number) => {
    const open = Array.from(
      { length: depth },
      (_, n) => `Content-Type: multipart/mixed; boundary="n${n}"\r\n\r\n--n${n}\r\n`,
    )
    return `${open.join('')}Content-Type: text/plain\r\n\r\nx\r\n`
  }

  test.each<[string, string]>([
    ['larger than 1 MiB', report({ returned: ['x'.repeat(1_048_576)] })],
    ['nested too deep', nested(40)],
    ['of more than 10,000 lines', report({ returned: ['\n'.repeat(10_000)] })],
    ['of headers only', `${'X-Header: xxxxxxxxxx\r\n'.repeat(10_000)}\r\n`],
  ])('a mail %s is refused', async (_, mail) => {
    expect(await read(mail)).toEqual({ ok: false, reason: 'bad_body' })
  })

  test('a message in a message in a message is a bounce of the outermost', async () => {
    const inner = Array.from({ length: 200 }, () => 'Content-Type: message/rfc822\r\n\r\n')
    const mail = report({ returned: [`Message-ID: <${STEP}@links.example.com>`, ...inner] })

    expect(await told(mail)).toMatchObject([{ stepId: STEP }])
  })

  test('of thousands of recipients the first ones count', async () => {
    const many = Array.from({ length: 2_000 }, () => `\r\n${RECIPIENT.join('\r\n')}`)

    expect(await told(report({ report: ['Reporting-MTA: x', ...many] }))).toHaveLength(49)
  })

  test('one endless line is cut', async () => {
    const [receipt] = await told(failed(`Action: failed${' x'.repeat(200_000)}`, 'Status: 5.1.1'))

    expect(receipt).toMatchObject({ stepId: STEP, status: 'bounced' })
  })

  test('bytes of any kind are read or refused, and never break the reader', async () => {
    const good = Buffer.from(report())
    const mutation = fc.tuple(fc.nat(good.length - 1), fc.uint8Array({ maxLength: 20 }), fc.nat(good.length))

    await fc.assert(
      fc.asyncProperty(mutation, async ([at, bytes, end]) => {
        const reading = await read(Buffer.concat([good.subarray(0, at), bytes, good.subarray(Math.max(at, end))]))

        expect(reading.ok ? Array.isArray(reading.receipts) : reading.reason).toBeTruthy()
      }),
    )
  })
})

describe('a block of fields', () => {
  test.each<[string, string, object[]]>([
    ['fields with case and blanks', 'Action : failed\nSTATUS:5.1.1', [{ action: 'failed', status: '5.1.1' }]],
    ['a folded field', 'A: one\n\ttwo\n  three', [{ a: 'one two three' }]],
    ['the first of two', 'A: 1\na: 2', [{ a: '1' }]],
    ['several blocks', '\n\nA: 1\n\n \nB: 2\n', [{ a: '1' }, { b: '2' }]],
    ['what is no field', 'nonsense\n: x\nA: 1\n>B: 2', [{ a: '1', '>b': '2' }]],
    ['nothing', '', []],
  ])('holds %s', (_, text, blocks) => {
    expect(readBlocks(text).map((block) => Object.fromEntries(block))).toEqual(blocks)
  })

  test.each([
    ['rfc822; michael@example.com', 'michael@example.com'],
    ['rfc822;<michael@example.com>', 'michael@example.com'],
    ['michael@example.com', 'michael@example.com'],
    ['rfc822; not an address', null],
    ['', null],
    [undefined, null],
  ])('an address in %j is %j', (field, address) => {
    expect(addressOf(field)).toBe(address)
  })

  test.each([
    ['5.1.1', '5.1.1'],
    ['smtp; 550 5.1.1 unknown', '5.1.1'],
    ['smtp; 550-5.7.26 unauthenticated', '5.7.26'],
    ['connected to 192.5.1.1.', undefined],
    ['5.1', undefined],
    ['9.1.1', undefined],
    [undefined, undefined],
  ])('the status in %j is %j', (text, status) => {
    expect(enhancedStatus(text)).toBe(status)
  })

  test('a status of another class than 5 never costs an address', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const status = enhancedStatus(text)
        fc.pre(!status?.startsWith('5'))

        expect(judgeBounce(status).outcome?.kind).not.toBe('suppress')
      }),
    )
  })
})
