import { verify as check, createSign, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { makeSes } from '../../src/receipts/email-ses.ts'
import { makeSigner, type Signer } from './certificate.ts'

const NOW = new Date('2026-11-22T18:00:00Z')
const DAY = 86_400_000
const STEP = '019a9f3e-7b1c-7000-8000-0123456789ab.2'
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:receipts'
const CERTIFICATE = 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123abcd.pem'
const CONFIRM = `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=t`

const amazon = makeSigner({ from: new Date(NOW.getTime() - DAY), to: new Date(NOW.getTime() + DAY) })
const stranger = makeSigner({ from: new Date(NOW.getTime() - DAY), to: new Date(NOW.getTime() + DAY) })

type Message = Record<string, string>

const NOTIFICATION: Message = {
  Type: 'Notification',
  MessageId: 'sns-1',
  TopicArn: TOPIC,
  Subject: 'Amazon SES Email Event Notification',
  Message: '{}',
  Timestamp: '2026-11-22T17:59:00.000Z',
  SignatureVersion: '2',
  SigningCertURL: CERTIFICATE,
}
const CONFIRMATION: Message = {
  ...NOTIFICATION,
  Type: 'SubscriptionConfirmation',
  Message: 'You have chosen to subscribe',
  Token: 't',
  SubscribeURL: CONFIRM,
}

/** Signed as Amazon's guide describes it. */
function signed(message: Message, signer: Signer = amazon): Message {
  const names =
    message['Type'] === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const text = names.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('')
  const algorithm = message['SignatureVersion'] === '1' ? 'RSA-SHA1' : 'RSA-SHA256'
  return { ...message, Signature: createSign(algorithm).update(text).sign(signer.privateKey, 'base64') }
}

/** A reader, and every address that it went to. */
function house(answer: (url: string) => string | undefined = () => amazon.pem) {
  const fetched: string[] = []
  const fetchText = async (url: string) => {
    fetched.push(url)
    return answer(url)
  }
  const reader = makeSes({ topicArns: [TOPIC], fetchText, domain: 'links.example.com' })
  const read = (message: object | string, now = NOW) =>
    reader.read(
      {
        url: '/webhooks/email/ses',
        raw: Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)),
        headers: {},
      },
      now,
    )
  return { fetched, read }
}

const mail = {
  timestamp: '2026-11-22T17:00:00.000Z',
  messageId: '0100-ses-000000',
  destination: ['michael@example.com'],
  headers: [
    { name: 'From', value: 'hello@links.example.com' },
    { name: 'Message-ID', value: `<${STEP}@links.example.com>` },
  ],
}

async function told(event: object) {
  const reading = await house().read(signed({ ...NOTIFICATION, Message: JSON.stringify({ mail, ...event }) }))
  return reading.ok ? reading.receipts : []
}

test('the certificates of these tests are real ones', () => {
  const certificate = new X509Certificate(amazon.pem)
  const signature = createSign('RSA-SHA256').update('x').sign(amazon.privateKey)

  expect(check('RSA-SHA256', Buffer.from('x'), certificate.publicKey, signature)).toBe(true)
  expect(certificate.verify(certificate.publicKey)).toBe(true)
})

describe('a rightly signed message is believed', () => {
  test.each([
    ['of version 1', { SignatureVersion: '1' }],
    ['of version 2', {}],
  ])('%s', async (_, part) => {
    expect(await house().read(signed({ ...NOTIFICATION, ...part }))).toEqual({ ok: true, receipts: [] })
  })

  test('without a subject, and in any order of fields', async () => {
    const { Subject: _, ...message } = NOTIFICATION
    const turned = Object.fromEntries(Object.entries(signed(message)).reverse())

    expect((await house().read(turned)).ok).toBe(true)
  })

  test('and the certificate is fetched once', async () => {
    const { fetched, read } = house()

    await read(signed(NOTIFICATION))
    await read(signed({ ...NOTIFICATION, MessageId: 'sns-2' }))

    expect(fetched).toEqual([CERTIFICATE])
  })

  test('in China too', async () => {
    const topic = 'arn:aws-cn:sns:cn-north-1:123456789012:receipts'
    const url = 'https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-01.pem'
    const reader = makeSes({ topicArns: [topic], fetchText: async () => amazon.pem })
    const raw = Buffer.from(JSON.stringify(signed({ ...NOTIFICATION, TopicArn: topic, SigningCertURL: url })))

    expect((await reader.read({ url: '/', raw, headers: {} }, NOW)).ok).toBe(true)
  })
})

describe('what is forged or altered is refused', () => {
  const good = signed(NOTIFICATION)

  test.each([
    ['by a stranger', signed(NOTIFICATION, stranger)],
    ['with another message', { ...good, Message: '{"a":1}' }],
    ['with another id', { ...good, MessageId: 'sns-2' }],
    ['with another time', { ...good, Timestamp: '2026-11-22T18:00:00.000Z' }],
    ['with its subject taken away', { ...good, Subject: undefined }],
    ['of another type', { ...good, Type: 'SubscriptionConfirmation' }],
    ['said to be of version 1', { ...good, SignatureVersion: '1' }],
    ['of a version we do not know', { ...good, SignatureVersion: '3' }],
    ['with a signature that is none', { ...good, Signature: '***' }],
  ])('%s', async (_, message) => {
    expect(await house().read(message)).toEqual({ ok: false, reason: 'bad_signature' })
  })

  test.each([
    ['cut', JSON.stringify(good).slice(0, -1), 'bad_body'],
    ['null', 'null', 'bad_body'],
    ['empty', '', 'bad_body'],
    ['larger than 512 KiB', JSON.stringify({ ...good, x: 'x'.repeat(524_288) }), 'bad_body'],
    ['without a signature', JSON.stringify(NOTIFICATION), 'no_signature'],
    ['with a signature of its own kind', JSON.stringify({ ...good, Signature: { a: 1 } }), 'no_signature'],
  ])('%s', async (_, body, reason) => {
    expect(await house().read(body)).toEqual({ ok: false, reason })
  })

  test.each([
    ['not valid any more', new Date(NOW.getTime() + 2 * DAY)],
    ['not valid yet', new Date(NOW.getTime() - 2 * DAY)],
  ])('by a certificate that is %s', async (_, now) => {
    expect(await house().read(good, now)).toEqual({ ok: false, reason: 'bad_signature' })
  })
})

describe('nothing is fetched', () => {
  test.each([
    ['from another host', 'https://evil.example/SimpleNotificationService-01.pem'],
    [
      'from a host that ends like it',
      'https://sns.us-east-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem',
    ],
    ['from a host that begins like it', 'https://evilsns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem'],
    ['from another service of Amazon', 'https://s3.us-east-1.amazonaws.com/SimpleNotificationService-01.pem'],
    ['from another region than the topic', 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem'],
    ['behind a user', 'https://sns.us-east-1.amazonaws.com@evil.example/SimpleNotificationService-01.pem'],
    ['as a user', 'https://a@sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem'],
    ['from another port', 'https://sns.us-east-1.amazonaws.com:8443/SimpleNotificationService-01.pem'],
    ['without TLS', 'http://sns.us-east-1.amazonaws.com/SimpleNotificationService-01.pem'],
    ['from another path', 'https://sns.us-east-1.amazonaws.com/?Action=Publish&x=.pem'],
    ['from this machine', 'https://127.0.0.1/SimpleNotificationService-01.pem'],
    ['from a file', 'file:///SimpleNotificationService-01.pem'],
    ['from nowhere', 'not a url'],
  ])('%s', async (_, SigningCertURL) => {
    const { fetched, read } = house()

    const reading = await read(signed({ ...NOTIFICATION, SigningCertURL }))

    expect(reading).toEqual({ ok: false, reason: 'bad_signature' })
    expect(fetched).toEqual([])
  })

  test('for a topic that is not ours, though Amazon signed it', async () => {
    const { fetched, read } = house()

    const reading = await read(signed({ ...NOTIFICATION, TopicArn: 'arn:aws:sns:us-east-1:999999999999:other' }))

    expect(reading).toEqual({ ok: false, reason: 'bad_signature' })
    expect(fetched).toEqual([])
  })

  test('from addresses inside a notification', async () => {
    const { fetched, read } = house()
    const Message = JSON.stringify({ SubscribeURL: 'http://169.254.169.254/', url: CONFIRM })

    await read(signed({ ...NOTIFICATION, Message, SubscribeURL: CONFIRM, UnsubscribeURL: CONFIRM }))

    expect(fetched).toEqual([CERTIFICATE])
  })
})

describe('when Amazon cannot be reached', () => {
  test.each([
    ['no answer', () => undefined],
    ['an answer that is no certificate', () => '<html>'],
  ])('%s is no verdict, and is asked for again', async (_, answer) => {
    const { fetched, read } = house(answer)

    const readings = [await read(signed(NOTIFICATION)), await read(signed(NOTIFICATION))]

    expect(readings).toEqual([1, 2].map(() => ({ ok: false, reason: 'unavailable' })))
    expect(fetched).toEqual([CERTIFICATE, CERTIFICATE])
  })

  test('a flood of made-up certificates is let through ten times a minute', async () => {
    const { fetched, read } = house(() => undefined)
    const flood = (now: Date) =>
      Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          read({ ...NOTIFICATION, Signature: 'x', SigningCertURL: CERTIFICATE.replace('0123', `${n}`) }, now),
        ),
      )

    await flood(NOW)
    expect(fetched).toHaveLength(10)
    await flood(new Date(NOW.getTime() + 61_000))
    expect(fetched).toHaveLength(20)
  })
})

describe('a subscription', () => {
  test('to our topic is confirmed', async () => {
    const { fetched, read } = house()

    expect(await read(signed(CONFIRMATION))).toEqual({ ok: true, receipts: [] })
    expect(fetched).toEqual([CERTIFICATE, CONFIRM])
  })

  test('that could not be confirmed is asked for again', async () => {
    const { read } = house((url) => (url === CERTIFICATE ? amazon.pem : undefined))

    expect(await read(signed(CONFIRMATION))).toEqual({ ok: false, reason: 'unavailable' })
  })

  test.each([
    ['another host', 'https://evil.example/?Action=ConfirmSubscription'],
    ['this machine', 'http://127.0.0.1:3000/'],
    ['the metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['another action', `https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&TopicArn=${TOPIC}`],
    ['another topic', 'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=other'],
    ['nothing', ''],
  ])('that points to %s is not followed, even if rightly signed', async (_, SubscribeURL) => {
    const { fetched, read } = house()

    expect(await read(signed({ ...CONFIRMATION, SubscribeURL }))).toEqual({ ok: false, reason: 'bad_body' })
    expect(fetched).toEqual([CERTIFICATE])
  })

  test('with a forged address is not followed', async () => {
    const { fetched, read } = house()

    expect(await read({ ...signed(CONFIRMATION), SubscribeURL: `${CONFIRM}&x=1` })).toMatchObject({ ok: false })
    expect(fetched).toEqual([CERTIFICATE])
  })

  test('that ended is taken note of', async () => {
    const { fetched, read } = house()

    expect(await read(signed({ ...CONFIRMATION, Type: 'UnsubscribeConfirmation' }))).toEqual({ ok: true, receipts: [] })
    expect(fetched).toEqual([CERTIFICATE])
  })
})

describe('what SES says', () => {
  const bounce = (bounceType: string, bounceSubType: string, recipient: object = {}) => ({
    notificationType: 'Bounce',
    bounce: {
      bounceType,
      bounceSubType,
      bouncedRecipients: [{ emailAddress: 'michael@example.com', ...recipient }],
      timestamp: '2026-11-22T17:05:00.000Z',
      feedbackId: 'fb-1',
    },
  })
  const complaint = (complaintFeedbackType?: string) => ({
    eventType: 'Complaint',
    complaint: {
      complainedRecipients: [{ emailAddress: 'michael@example.com' }],
      complaintFeedbackType,
      feedbackId: 'fb-2',
    },
  })
  const HARD = { kind: 'suppress', reason: 'bounced', suppression: 'hard_bounce' }
  const OPT_OUT = { kind: 'suppress', reason: 'unsubscribed', suppression: 'opt_out' }
  const flagged = (reason: string) => ({ kind: 'permanent', reason, alert: true })

  test('becomes a receipt of the step in our Message-ID', async () => {
    expect(await told(bounce('Permanent', 'General', { status: '5.1.1', action: 'failed' }))).toEqual([
      {
        provider: 'ses',
        channel: 'email',
        attemptId: null,
        stepId: STEP,
        providerId: '0100-ses-000000',
        address: 'michael@example.com',
        status: 'bounced',
        rank: 6,
        final: true,
        outcome: HARD,
        mostResends: null,
        occurredAt: new Date('2026-11-22T17:05:00.000Z'),
        key: 'ses:fb-1:bounced:0',
      },
    ])
  })

  test.each<[string, object, string, object | null]>([
    ['a hard bounce', bounce('Permanent', 'General'), 'bounced', HARD],
    ['no such mailbox', bounce('Permanent', 'NoEmail'), 'bounced', HARD],
    [
      'a hard bounce of policy',
      bounce('Permanent', 'General', { status: '5.7.1' }),
      'bounced',
      flagged('refused_by_policy'),
    ],
    [
      'a hard bounce that only its text explains',
      bounce('Permanent', 'General', { diagnosticCode: 'smtp; 550 5.7.1 spam' }),
      'bounced',
      flagged('refused_by_policy'),
    ],
    ['an address on the list of SES', bounce('Permanent', 'Suppressed'), 'bounced', HARD],
    ['an address on our list at SES', bounce('Permanent', 'OnAccountSuppressionList'), 'bounced', HARD],
    ['an unsubscribed contact', bounce('Permanent', 'UnsubscribedRecipient'), 'unsubscribed', OPT_OUT],
    [
      'a permanent bounce of a new kind',
      bounce('Permanent', 'Brandnew'),
      'bounced',
      { kind: 'permanent', reason: 'unclassified_bounce' },
    ],
    [
      'a permanent bounce of an odd kind',
      bounce('Permanent', 'constructor'),
      'bounced',
      { kind: 'permanent', reason: 'unclassified_bounce' },
    ],
    ['a soft bounce', bounce('Transient', 'General'), 'deferred', null],
    ['a full mailbox', bounce('Transient', 'MailboxFull'), 'deferred', null],
    ['a message too large', bounce('Transient', 'MessageTooLarge'), 'bounced', flagged('message_too_large')],
    ['refused content', bounce('Transient', 'ContentRejected'), 'bounced', flagged('content_refused')],
    ['refused attachments', bounce('Transient', 'AttachmentRejected'), 'bounced', flagged('content_refused')],
    ['an out-of-office answer', bounce('Undetermined', 'Undetermined'), 'deferred', null],
    [
      'a complaint',
      complaint('abuse'),
      'complained',
      { kind: 'suppress', reason: 'complaint', suppression: 'complaint' },
    ],
    [
      'a complaint without a kind',
      complaint(),
      'complained',
      { kind: 'suppress', reason: 'complaint', suppression: 'complaint' },
    ],
    ['a delivery', { eventType: 'Delivery', delivery: { recipients: ['michael@example.com'] } }, 'delivered', null],
    [
      'a delay',
      { eventType: 'DeliveryDelay', deliveryDelay: { delayedRecipients: [{ emailAddress: 'm@example.com' }] } },
      'deferred',
      null,
    ],
    ['a send', { eventType: 'Send', send: {} }, 'sent', null],
    [
      'a reject',
      { eventType: 'Reject', reject: { reason: 'Bad content' } },
      'bounced',
      flagged('rejected_by_provider'),
    ],
    [
      'a contact who wants nothing',
      { eventType: 'Subscription', subscription: { newTopicPreferences: { unsubscribeAll: true } } },
      'unsubscribed',
      OPT_OUT,
    ],
  ])('%s', async (_, event, status, outcome) => {
    const [receipt] = await told(event)

    expect(receipt).toMatchObject({ status, stepId: STEP })
    expect(receipt?.outcome).toEqual(outcome)
  })

  test.each<[string, object]>([
    ['a complaint taken back', complaint('not-spam')],
    ['a report about our set-up', complaint('auth-failure')],
    ['an opened mail', { eventType: 'Open', open: {} }],
    ['a click', { eventType: 'Click', click: {} }],
    ['a subscription that goes on', { eventType: 'Subscription', subscription: { newTopicPreferences: {} } }],
    ['something new', { eventType: 'toString' }],
    ['something else', { mail: null }],
  ])('%s is no receipt', async (_, event) => {
    expect(await told(event)).toEqual([])
  })

  test('about several recipients is several receipts', async () => {
    const event = bounce('Permanent', 'General')
    event.bounce.bouncedRecipients.push({ emailAddress: 'anna@example.com' })

    const receipts = await told(event)

    expect(receipts.map(({ address, key }) => [address, key])).toEqual([
      ['michael@example.com', 'ses:fb-1:bounced:0'],
      ['anna@example.com', 'ses:fb-1:bounced:1'],
    ])
  })

  test.each<[string, object]>([
    ['no headers', { headers: [] }],
    ["another one's Message-ID", { headers: [{ name: 'Message-ID', value: `<${STEP}@evil.example>` }] }],
    ['headers that are none', { headers: 'x' }],
  ])('about a mail with %s names no step', async (_, part) => {
    const event = { mail: { ...mail, ...part }, ...bounce('Permanent', 'General') }

    expect(await told(event)).toMatchObject([{ stepId: null, providerId: '0100-ses-000000' }])
  })

  test('finds the step in the common headers, and the attempt in a tag', async () => {
    const common = { ...mail, headers: undefined, commonHeaders: { messageId: `<${STEP}@links.example.com>` } }
    const tagged = { ...mail, headers: undefined, tags: { attempt: [`${STEP}.3`] } }

    expect(await told({ ...bounce('Permanent', 'General'), mail: common })).toMatchObject([
      { stepId: STEP, attemptId: null },
    ])
    expect(await told({ ...bounce('Permanent', 'General'), mail: tagged })).toMatchObject([
      { stepId: STEP, attemptId: `${STEP}.3` },
    ])
  })

  test('twice has the same key', async () => {
    const event = { eventType: 'Delivery', delivery: {} }

    expect((await told(event))[0]?.key).toBe((await told(event))[0]?.key)
  })
})
