import { describe, expect, it } from 'vitest'
import { type Bar, bucketOf, isSuppressed } from '../../src/domain/audience.ts'
import { audiencePath, guessPath } from '../../src/domain/audience-columns.ts'
import type { ChannelName } from '../../src/domain/channel.ts'

describe('a column', () => {
  it.each([
    ['referenceId', 'referenceId'],
    ['Reference_ID', 'referenceId'],
    ['ID de Usuario', 'referenceId'],
    ['TELÉFONO', 'contact.phone'],
    ['telemóvel', 'contact.phone'],
    ['Correo Electrónico', 'contact.email'],
    ['e-mail', 'contact.email'],
    ['país', 'contact.country'],
    ['push_tokens', 'contact.pushTokens'],
    ['Nombre', 'contact.name.firstName'],
    ['sobrenome', 'contact.name.lastName'],
    ['idioma', 'locale'],
    ['fuso horário', 'timeZone'],
    ['CLABE', 'userData.paymentMethod.bankAccount.accountNumber'],
    ['fecha de nacimiento', 'userData.dob'],
    ['variables.amountHint', 'variables.amountHint'],
    ['METADATA.crm-case', 'metadata.crm-case'],
  ])('called %s holds %s', (name, path) => {
    expect(guessPath(name, false)?.path).toBe(path)
  })

  it.each(['', 'line', 'reason', 'type', 'amount', 'segundo apellido', 'template', 'variables.__proto__', 'userData.'])(
    'called "%s" is not guessed at',
    (name) => {
      expect(guessPath(name, false)).toBeUndefined()
    },
  )

  it.each([
    ['nombre', 'userData.name.firstName'],
    ['segundo apellido', 'userData.name.secondLastName'],
  ])('called %s is for the partner where accounts are', (name, path) => {
    expect(guessPath(name, true)?.path).toBe(path)
  })

  it.each(['template', 'sendAt', 'contact', 'userData', 'variables.a b', 'metadata.constructor', 'link.mode', 'a.b'])(
    'cannot fill %s',
    (path) => {
      expect(audiencePath(path)).toBeUndefined()
    },
  )
})

describe('a bucket', () => {
  it('is from 0 to 9999, of the first bytes of a digest', () => {
    expect(bucketOf(new Uint8Array([0, 0, 0, 0, 0x27, 0x0f, 9]))).toBe(9_999)
    expect(bucketOf(new Uint8Array([0, 0, 0, 0, 0x27, 0x10]))).toBe(0)
    expect(bucketOf(new Uint8Array(6).fill(255))).toBe((2 ** 48 - 1) % 10_000)
  })
})

describe('nothing would be sent', () => {
  const bar = (channel: string, wish: Partial<Bar> = {}): Bar => ({ channel, scope: 'all', aboutWill: false, ...wish })
  const will = { aboutWill: true }

  it.each<[string, Bar[], ChannelName[], boolean]>([
    ['unless something bars it', [], ['sms', 'email'], false],
    ['to a barred person', [bar('recipient')], ['sms', 'in_app'], true],
    ['after a stop on the first channel', [bar('sms', will)], ['sms', 'email'], true],
    ['unless the stop is on a channel behind one that works', [bar('email', will)], ['sms', 'email'], false],
    ['after a stop behind a dead address', [bar('sms'), bar('email', will)], ['sms', 'email'], true],
    ['when every address is dead', [bar('sms'), bar('email')], ['sms', 'email'], true],
    ['unless there is the app', [bar('sms')], ['sms', 'in_app'], false],
    ['unless one of two devices is left', [bar('push')], ['push'], false],
    ['when both devices are dead', [bar('push'), bar('push')], ['push'], true],
    ['after no to another category only', [bar('sms', { ...will, scope: 'commercial' })], ['sms'], false],
  ])('%s', (_, bars, channels, suppressed) => {
    const addresses = (channel: ChannelName) => (channel === 'push' ? 2 : 1)

    expect(isSuppressed(bars, { channels, category: 'transactional', addresses })).toBe(suppressed)
  })
})
