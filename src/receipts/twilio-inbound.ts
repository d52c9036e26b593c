import type { InboundText, InboundTextReader } from '../flow/ports-receipts.ts'
import { refused } from './receipt.ts'
import { readTwilio, type TwilioWebhookOptions } from './twilio-signature.ts'

/** What a person answers to our texts. What the words ask for is for the domain to say. */
export function makeTwilioInbound(options: TwilioWebhookOptions): InboundTextReader {
  return {
    read(request) {
      const reading = readTwilio(options, request)
      if (!reading.ok) return reading
      const { parameters } = reading
      const from = parameters.get('From')
      const providerId = parameters.get('MessageSid') ?? parameters.get('SmsSid')
      if (!from || !providerId) return refused('bad_body')
      if (!E164.test(from)) return { ok: true, text: null }
      const text = {
        provider: 'twilio',
        from,
        to: parameters.get('To') ?? '',
        text: parameters.get('Body') ?? '',
        providerId,
        optOutType: OPT_OUT_TYPES.find((type) => type === parameters.get('OptOutType')?.toUpperCase()) ?? null,
      }
      return { ok: true, text }
    },
  }
}

/** The answer to an inbound text: what Twilio sends back to the person, or nothing. */
export function twiml(texts: readonly string[] = []): string {
  const messages = texts.map((text) => `<Message>${escapeXml(text)}</Message>`)
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${messages.join('')}</Response>`
}

const E164 = /^\+[1-9]\d{1,14}$/
/** Present where Advanced Opt-Out is switched on. */
const OPT_OUT_TYPES: NonNullable<InboundText['optOutType']>[] = ['STOP', 'START', 'HELP']

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

/** XML 1.0 has no way to write control characters, not even escaped. */
const escapeXml = (text: string) =>
  text
    .toWellFormed()
    .replace(/[^\P{Cc}\t\n\r]|[\uFFFE\uFFFF]/gu, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
