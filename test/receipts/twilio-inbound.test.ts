import { describe, expect, test } from 'vitest'
import { makeTwilioInbound, twiml } from '../../src/receipts/twilio-inbound.ts'
import { PUBLIC_URL, posted, TOKEN } from './twilio-kit.ts'

const PATH = '/webhooks/twilio/inbound'
const TEXT = { From: '+15125550123', To: '+15005550006', Body: 'Stop', MessageSid: 'SM9' }
const reader = makeTwilioInbound({ publicUrl: PUBLIC_URL, authTokens: [TOKEN] })
const read = (form: Record<string, string>) => reader.read(posted(form, { path: PATH }))

describe('a text from a person', () => {
  test('is handed on as it was written', () => {
    expect(read({ ...TEXT, Body: ' ¡Alto! 🛑\n' })).toEqual({
      ok: true,
      text: {
        provider: 'twilio',
        from: '+15125550123',
        to: '+15005550006',
        text: ' ¡Alto! 🛑\n',
        providerId: 'SM9',
        optOutType: null,
      },
    })
  })

  test.each([
    ['STOP', 'STOP'],
    ['stop', 'STOP'],
    ['START', 'START'],
    ['HELP', 'HELP'],
    ['MAYBE', null],
    ['', null],
  ])('says what Twilio made of it: %j', (given, optOutType) => {
    expect(read({ ...TEXT, OptOutType: given })).toMatchObject({ text: { optOutType } })
  })

  test('of a picture alone has no words', () => {
    const { Body: _, ...picture } = TEXT

    expect(read({ ...picture, NumMedia: '1' })).toMatchObject({ text: { text: '' } })
  })

  test.each(['whatsapp:+15125550123', '72345', 'ACME', '+0123'])('from %s is from no phone number', (From) => {
    expect(read({ ...TEXT, From })).toEqual({ ok: true, text: null })
  })

  test('without a sender is none', () => {
    expect(read({ Body: 'Stop', MessageSid: 'SM9' })).toEqual({ ok: false, reason: 'bad_body' })
  })

  test.each([
    ['forged', posted(TEXT, { path: PATH, token: 'another' }), 'bad_signature'],
    ['signed for the other path', posted(TEXT), 'bad_signature'],
    ['not signed', { ...posted(TEXT, { path: PATH }), headers: {} }, 'no_signature'],
  ])('%s is refused', (_, request, reason) => {
    expect(reader.read({ ...request, url: PATH })).toEqual({ ok: false, reason })
  })
})

describe('the answer', () => {
  test.each([
    ['nothing', [], ''],
    ['a text', ['Hello'], '<Message>Hello</Message>'],
    ['two texts', ['a', 'b'], '<Message>a</Message><Message>b</Message>'],
    [
      'what would be markup',
      ['</Message><Redirect>x</Redirect> & "\''],
      '<Message>&lt;/Message&gt;&lt;Redirect&gt;x&lt;/Redirect&gt; &amp; &quot;&apos;</Message>',
    ],
    ['what XML cannot hold', ['a\u0000\u0008b\uFFFE\uD800c'], '<Message>ab\uFFFDc</Message>'],
    ['accents, emoji and lines', ['Adiós 👋\nfin'], '<Message>Adiós 👋\nfin</Message>'],
  ])('may be %s', (_, texts, inner) => {
    expect(twiml(texts)).toBe(`<?xml version="1.0" encoding="UTF-8"?><Response>${inner}</Response>`)
  })
})
