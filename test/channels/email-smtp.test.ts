import PostalMime from 'postal-mime'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeSmtp, type SmtpOptions } from '../../src/channels/email-smtp.ts'
import type { EmailMessage } from '../../src/domain/message.ts'
import type { Provider } from '../../src/flow/ports.ts'
import { anAttempt, type Bench, describeProvider, type Mood } from './contract.ts'
import { refusingAddress } from './local-http.ts'
import { localSmtp, type Script } from './local-smtp.ts'

const NOW = new Date('2026-11-22T10:00:00Z')
const message: EmailMessage = {
  channel: 'email',
  to: { name: 'Michael Müller', address: 'michael@example.com' },
  subject: 'Tu enlace está listo ✔',
  html: '<p>Hola, <a href="https://m.example.com/x?a=1&amp;b=2">aquí</a></p>',
  text: 'Hola\n.\n.una línea con punto\nhttps://m.example.com/x?a=1&b=2\n',
}

describe('the contract', () => {
  describeProvider(
    Object.assign(bench, {
      refused: async () => ({
        ...(await bench('sends')),
        provider: smtp(`smtp://127.0.0.1:${(await refusingAddress()).port}`),
      }),
      unknownRecipient: 'suppress' as const,
    }),
  )
})

test('the message arrives whole', async () => {
  const relay = await localSmtp()

  const outcome = await smtp(relay.url).send(
    { ...message, unsubscribeUrl: 'https://links.example.com/u/t1' },
    anAttempt(),
  )

  const mail = await PostalMime.parse((relay.messages[0] ?? '').replace(/^\.\./gm, '.'))
  const header = (name: string) => mail.headers.find((entry) => entry.key === name)?.value
  expect(outcome).toEqual({ kind: 'accepted', providerId: '<stp_1@links.example.com>' })
  expect(mail).toMatchObject({
    from: { name: 'Acme, Inc', address: 'hello@links.example.com' },
    to: [{ name: 'Michael Müller', address: 'michael@example.com' }],
    subject: 'Tu enlace está listo ✔',
    messageId: '<stp_1@links.example.com>',
    date: NOW.toISOString(),
  })
  expect(mail.html?.trim()).toBe(message.html)
  expect(mail.text?.trim()).toBe(message.text.trim())
  expect(header('auto-submitted')).toBe('auto-generated')
  expect(header('content-language')).toBe('es-MX')
  expect(header('list-unsubscribe')).toBe('<https://links.example.com/u/t1>')
  expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click')
})

test('a text without html is a message of one part', async () => {
  const relay = await localSmtp()

  await smtp(relay.url).send({ ...message, html: '' }, anAttempt())

  const mail = await PostalMime.parse((relay.messages[0] ?? '').replace(/^\.\./gm, '.'))
  expect(mail.text?.trim()).toBe(message.text.trim())
  expect(mail.html).toBeUndefined()
})

test('the envelope names one recipient and leaves in one packet when the relay allows it', async () => {
  const relay = await localSmtp()

  await smtp(relay.url).send(message, anAttempt())

  expect(relay.commands[0]).toBe('EHLO links.example.com')
  expect(relay.commands.slice(1)).toEqual([
    expect.stringMatching(/^MAIL FROM:<hello@links\.example\.com> SIZE=\d+$/),
    'RCPT TO:<michael@example.com>',
    'DATA',
  ])
})

test.each([
  ['a line break in the name', { to: { name: 'Eve\r\nBcc: eve@example.org', address: 'michael@example.com' } }],
  ['a line break in the subject', { subject: 'Hi\r\nBcc: eve@example.org\r\n\r\nowned' }],
  ['a lone carriage return in the subject', { subject: 'Hi\rBcc: eve@example.org' }],
  ['an address as the name', { to: { name: 'eve@example.org, x', address: 'michael@example.com' } }],
  ['a line break in the unsubscribe address', { unsubscribeUrl: 'https://a.example\r\nBcc: eve@example.org' }],
])('%s makes no header and no recipient', async (_name, part) => {
  const relay = await localSmtp()

  await smtp(relay.url).send({ ...message, ...part }, anAttempt())

  const mail = await PostalMime.parse(relay.messages[0] ?? '')
  const known = [
    'from',
    'to',
    'subject',
    'message-id',
    'date',
    'mime-version',
    'content-type',
    'auto-submitted',
    'content-language',
    'list-unsubscribe',
    'list-unsubscribe-post',
  ]
  expect(mail.headers.map((header) => header.key).filter((key) => !known.includes(key))).toEqual([])
  expect(mail.to?.map((to) => to.address)).toEqual(['michael@example.com'])
  expect(relay.commands.filter((line) => line.startsWith('RCPT'))).toEqual(['RCPT TO:<michael@example.com>'])
})

test.each([
  'a@x.example, b@y.example',
  'a@x.example; b@y.example',
  'group: a@x.example;',
  'a@x.example\r\nBcc: b@y.example',
  '<a@x.example> <b@y.example>',
  'a@b@y.example',
  'nobody',
  '',
  '"a b"@x.example',
])('the address %j is refused before a connection is made', async (address) => {
  const relay = await localSmtp()

  const outcome = await smtp(relay.url).send({ ...message, to: { address } }, anAttempt())

  expect(outcome).toEqual({ kind: 'permanent', reason: 'address_malformed' })
  expect(relay.connections()).toBe(0)
})

test('a domain beyond ASCII travels as punycode', async () => {
  const relay = await localSmtp()

  await smtp(relay.url).send({ ...message, to: { address: 'ana@correo-ñ.example' } }, anAttempt())

  expect(relay.commands).toContain('RCPT TO:<ana@xn--correo--b0a.example>')
})

test.each<[string, Script, object]>([
  ['drop before the greeting', { greeting: 'drop' }, { kind: 'retry' }],
  ['drop after EHLO', { ehlo: 'drop' }, { kind: 'retry' }],
  ['drop after MAIL', { mail: 'drop' }, { kind: 'retry' }],
  ['drop after RCPT', { rcpt: 'drop' }, { kind: 'retry' }],
  ['drop after DATA', { data: 'drop' }, { kind: 'retry' }],
  ['drop in the middle of the message', { body: 'drop' }, { kind: 'ambiguous' }],
  ['drop after the dot', { message: 'drop' }, { kind: 'ambiguous' }],
  ['reset before the greeting', { greeting: 'reset' }, { kind: 'retry' }],
  ['reset after MAIL', { mail: 'reset' }, { kind: 'retry' }],
  ['reset after DATA', { data: 'reset' }, { kind: 'retry' }],
  ['reset in the middle of the message', { body: 'reset' }, { kind: 'ambiguous' }],
  ['reset after the dot', { message: 'reset' }, { kind: 'ambiguous' }],
  ['silence before the greeting', { greeting: 'silent' }, { kind: 'retry', reason: 'timeout' }],
  ['silence after EHLO', { ehlo: 'silent' }, { kind: 'retry', reason: 'timeout' }],
  ['silence after MAIL', { mail: 'silent' }, { kind: 'retry', reason: 'timeout' }],
  ['silence after DATA', { data: 'silent' }, { kind: 'retry', reason: 'timeout' }],
  ['silence after the dot', { message: 'silent' }, { kind: 'ambiguous' }],
  ['half a reply after the dot', { message: 'cut: 250-2.0.0 que' }, { kind: 'ambiguous' }],
  ['a reply begun but not ended after the dot', { message: 'cut: 250-queued\r\n' }, { kind: 'ambiguous' }],
  ['250 instead of 354, then a drop', { data: '250 go ahead', message: 'drop' }, { kind: 'ambiguous' }],
  ['nonsense after the dot', { message: 'maybe' }, { kind: 'ambiguous' }],
  ['nonsense as greeting', { greeting: 'SSH-2.0-OpenSSH' }, { kind: 'retry' }],
])('%s', async (_name, script, expected) => {
  const relay = await localSmtp(script)

  const outcome = await smtp(relay.url, { deadlines: SHORT }).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
  expect(relay.connections()).toBe(1)
})

test.each<[string, Script, object]>([
  ['greeting 421', { greeting: '421 4.3.2 closing' }, { kind: 'throttle', afterMs: 180_000 }],
  ['greeting 554', { greeting: '554 5.7.1 no' }, { kind: 'alert', reason: 'relay_refuses_us' }],
  ['EHLO 421', { ehlo: '421 4.3.2 closing' }, { kind: 'throttle' }],
  ['MAIL 450', { mail: '450 4.1.8 later' }, { kind: 'retry', reason: 'sender_deferred' }],
  ['MAIL 421 4.7.0', { mail: '421 4.7.0 slow down' }, { kind: 'throttle' }],
  ['MAIL 550', { mail: '550 5.1.8 bad sender' }, { kind: 'alert', reason: 'sender_refused' }],
  ['MAIL 552 quota', { mail: '552 5.2.2 quota' }, { kind: 'alert' }],
  ['RCPT 450', { rcpt: '450 4.2.0 later' }, { kind: 'retry', afterMs: 300_000 }],
  [
    'RCPT 451 greylisted',
    { rcpt: '451 4.7.1 Greylisting in action' },
    { kind: 'retry', reason: 'greylisted', afterMs: 300_000 },
  ],
  [
    'RCPT 450 4.2.1',
    { rcpt: '450 4.2.1 too fast' },
    { kind: 'retry', reason: 'recipient_too_busy', afterMs: 1_800_000 },
  ],
  ['RCPT 452 4.2.2', { rcpt: '452 4.2.2 full' }, { kind: 'retry', reason: 'mailbox_full' }],
  ['RCPT 552 5.2.2', { rcpt: '552 5.2.2 full' }, { kind: 'retry', reason: 'mailbox_full' }],
  ['RCPT 452 4.5.3', { rcpt: '452 4.5.3 too many' }, { kind: 'retry' }],
  ['RCPT 421', { rcpt: '421 4.3.2 closing' }, { kind: 'throttle' }],
  ['RCPT 421 4.7.28', { rcpt: '421 4.7.28 unusual rate' }, { kind: 'throttle' }],
  ['RCPT 550 5.1.1', { rcpt: '550 5.1.1 no such user' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 550 5.1.2', { rcpt: '550 5.1.2 bad host' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 550 5.1.3', { rcpt: '550 5.1.3 bad syntax' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 550 5.1.6', { rcpt: '550 5.1.6 moved' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 551', { rcpt: '551 not local' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 553', { rcpt: '553 bad name' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 553 5.7.1 is about us', { rcpt: '553 5.7.1 sender not owned' }, { kind: 'permanent', alert: true }],
  ['RCPT 556 5.1.10', { rcpt: '556 5.1.10 null mx' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 550 5.2.1', { rcpt: '550 5.2.1 disabled' }, { kind: 'suppress', suppression: 'hard_bounce' }],
  ['RCPT 550 5.7.1', { rcpt: '550 5.7.1 policy' }, { kind: 'permanent', alert: true }],
  ['RCPT 554 5.7.1', { rcpt: '554 5.7.1 policy' }, { kind: 'permanent', alert: true }],
  ['RCPT 550 5.7.26', { rcpt: '550 5.7.26 unauthenticated' }, { kind: 'alert', reason: 'mail_not_authenticated' }],
  ['RCPT 550 bare', { rcpt: '550 no' }, { kind: 'permanent', reason: 'recipient_refused' }],
  ['RCPT 599 unknown', { rcpt: '599 5.9.9 what' }, { kind: 'permanent' }],
  ['RCPT 550 of several lines', { rcpt: '550-5.1.1 no such\r\n550 5.1.1 user' }, { kind: 'suppress' }],
  ['RCPT refused, DATA taken anyway', { rcpt: '550 5.1.1 no', data: '354 go' }, { kind: 'suppress' }],
  ['DATA 451', { data: '451 4.3.0 later' }, { kind: 'retry', reason: 'data_deferred' }],
  ['DATA 554', { data: '554 5.5.0 no' }, { kind: 'permanent', reason: 'data_refused' }],
  ['DATA 550 5.7.1', { data: '550 5.7.1 policy' }, { kind: 'permanent', alert: true }],
  ['dot 451', { message: '451 4.3.0 later' }, { kind: 'retry', reason: 'message_deferred' }],
  ['dot 421 4.7.28', { message: '421 4.7.28 unusual rate' }, { kind: 'throttle' }],
  ['dot 550', { message: '550 no' }, { kind: 'permanent', reason: 'message_refused' }],
  ['dot 550 5.1.1 does not suppress', { message: '550 5.1.1 no' }, { kind: 'permanent' }],
  ['dot 554 5.7.1', { message: '554 5.7.1 spam' }, { kind: 'permanent', alert: true }],
  ['dot 554 5.6.0', { message: '554 5.6.0 malformed' }, { kind: 'permanent', alert: true }],
  ['dot 550 5.7.26', { message: '550 5.7.26 unauthenticated' }, { kind: 'alert' }],
  [
    'larger than SIZE',
    { ehlo: '250-x\r\n250 SIZE 10' },
    { kind: 'permanent', reason: 'message_too_large', alert: true },
  ],
])('%s', async (_name, script, expected) => {
  const relay = await localSmtp(script)

  const outcome = await smtp(relay.url).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test.each<[string, Script, object]>([
  ['535', { auth: '535 5.7.8 no' }, { kind: 'alert', reason: 'credentials_refused' }],
  ['534', { auth: '534 5.7.9 too weak' }, { kind: 'alert', reason: 'credentials_refused' }],
  ['454 4.7.0', { auth: '454 4.7.0 later' }, { kind: 'retry' }],
])('AUTH %s', async (_name, script, expected) => {
  const relay = await localSmtp(script)

  const outcome = await smtp(`smtp://user:p%40ss@127.0.0.1:${relay.port}`).send(message, anAttempt())

  expect(outcome).toMatchObject(expected)
})

test('credentials of the URL are unescaped', async () => {
  const relay = await localSmtp()

  const outcome = await smtp(`smtp://user:p%40ss@127.0.0.1:${relay.port}`).send(message, anAttempt())

  expect(outcome.kind).toBe('accepted')
  expect(relay.commands).toContain(`AUTH PLAIN ${btoa('\0user\0p@ss')}`)
})

test('without PIPELINING the 354 rule holds too', async () => {
  const relay = await localSmtp({ ehlo: '250 relay.local', message: 'drop' })

  const outcome = await smtp(relay.url).send(message, anAttempt())

  expect(outcome.kind).toBe('ambiguous')
})

test('TLS that fails three times in a row is an alert', async () => {
  const relay = await localSmtp({ greeting: '220 plain' })
  const provider = smtp(`smtps://127.0.0.1:${relay.port}`)

  const outcomes = [
    await provider.send(message, anAttempt()),
    await provider.send(message, anAttempt()),
    await provider.send(message, anAttempt()),
  ]

  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['retry', 'retry', 'alert'])
})

test('beyond this machine nothing is said in plain text', async () => {
  const relay = await localSmtp()

  const outcome = await smtp(`smtp://user:secret@0.0.0.0:${relay.port}`).send(message, anAttempt())

  expect(outcome).toEqual({ kind: 'retry', reason: 'tls_failed' })
  expect(relay.commands).toEqual(['EHLO links.example.com', 'STARTTLS'])
})

test('DNS that fails for five minutes is an alert', async () => {
  let now = NOW
  const provider = smtp('smtp://relay.invalid', { now: () => now })

  const first = await provider.send(message, anAttempt())
  now = new Date(NOW.getTime() + 5 * 60_000)
  const later = await provider.send(message, anAttempt())

  expect(first).toEqual({ kind: 'retry', reason: 'dns_lookup_failed' })
  expect(later).toEqual({ kind: 'alert', reason: 'dns_lookup_failed' })
})

test('messages one after the other use one connection', async () => {
  const relay = await localSmtp()
  const provider = smtp(relay.url)

  for (let i = 0; i < 5; i++) await provider.send(message, anAttempt())

  expect(relay.messages).toHaveLength(5)
  expect(relay.connections()).toBe(1)
})

test('messages at the same time use a connection each, and only `slots` are kept', async () => {
  const relay = await localSmtp()
  const provider = smtp(relay.url, { slots: 2 })

  await Promise.all(Array.from({ length: 5 }, () => provider.send(message, anAttempt())))
  await Promise.all(Array.from({ length: 3 }, () => provider.send(message, anAttempt())))

  expect(relay.messages).toHaveLength(8)
  expect(relay.connections()).toBe(6)
})

test('a refused recipient does not cost the connection', async () => {
  let refusals = 1
  const relay = await localSmtp({ rcpt: () => (refusals-- > 0 ? '550 5.1.1 no such user' : undefined) })
  const provider = smtp(relay.url)

  await provider.send(message, anAttempt())
  await expect.poll(() => relay.commands).toContain('RSET')
  const second = await provider.send(message, anAttempt())

  expect(second.kind).toBe('accepted')
})

test('a kept connection that the relay closed is replaced without a word', async () => {
  const relay = await localSmtp()
  const provider = smtp(relay.url)
  await provider.send(message, anAttempt())

  await relay.dropAll()
  const outcome = await provider.send(message, anAttempt())

  expect(outcome.kind).toBe('accepted')
  expect(relay.messages).toHaveLength(2)
})

test.each(['drop', 'reset', '421 4.4.2 idle too long'] as const)(
  'a kept connection that answers MAIL with %j is replaced once',
  async (answer) => {
    let mails = 0
    const relay = await localSmtp({ mail: () => (++mails === 2 ? answer : undefined) })
    const provider = smtp(relay.url)
    await provider.send(message, anAttempt())

    const outcome = await provider.send(message, anAttempt())

    expect(outcome.kind).toBe('accepted')
    expect(relay.connections()).toBe(2)
    expect(relay.messages).toHaveLength(2)
  },
)

test('a new connection that is dropped is not replaced', async () => {
  const relay = await localSmtp({ mail: 'drop' })

  const outcome = await smtp(relay.url).send(message, anAttempt())

  expect(outcome.kind).toBe('retry')
  expect(relay.connections()).toBe(1)
})

test('a late attempt leaves its connection to the next', async () => {
  const relay = await localSmtp()
  const provider = smtp(relay.url)

  const late = await provider.send(message, anAttempt({ startBy: performance.now() - 1 }))
  const next = await provider.send(message, anAttempt())

  expect([late.kind, next.kind]).toEqual(['late', 'accepted'])
  expect(relay.connections()).toBe(1)
  expect(relay.commands.filter((line) => line.startsWith('MAIL'))).toHaveLength(1)
})

test('an idle connection is closed with QUIT', async () => {
  const relay = await localSmtp()
  const ended = relay.nextEnd()

  await smtp(relay.url, { idleMs: 20 }).send(message, anAttempt())
  await ended

  expect(relay.commands.at(-1)).toBe('QUIT')
})

test('closing the provider ends its connections', async () => {
  const relay = await localSmtp()
  const provider = smtp(relay.url)
  await provider.send(message, anAttempt())
  const ended = relay.nextEnd()

  await provider.close()
  await ended

  expect(relay.commands.at(-1)).toBe('QUIT')
})

test('no outcome repeats the address', async () => {
  const relay = await localSmtp({ rcpt: '550 5.1.1 <michael@example.com> unknown' })

  const outcome = await smtp(relay.url).send(message, anAttempt())

  expect(JSON.stringify(outcome)).not.toContain('michael')
})

const SHORT = { connectMs: 200, greetingMs: 200, envelopeMs: 200, finalMs: 200 }

function smtp(url: string, part: Partial<SmtpOptions> = {}): Provider {
  const provider = makeSmtp({ url, from: '"Acme, Inc" <hello@links.example.com>', now: () => NOW, ...part })
  onTestFinished(() => provider.close())
  return provider
}

async function bench(mood: Mood): Promise<Bench> {
  const moods: Record<Mood, Script> = {
    sends: {},
    busy: { greeting: '421 4.3.2 too many connections' },
    unknown_recipient: { rcpt: '550 5.1.1 no such user' },
    silent_after_write: { message: 'silent' },
    garbage: { greeting: 'HTTP/1.1 400 Bad Request' },
  }
  const relay = await localSmtp(moods[mood])
  return {
    provider: smtp(relay.url, mood === 'silent_after_write' ? { deadlines: SHORT } : {}),
    message,
    written: relay.messages,
    marks: () => relay.messages.map((raw) => /^Message-ID: .*$/m.exec(raw)?.[0] ?? ''),
  }
}
