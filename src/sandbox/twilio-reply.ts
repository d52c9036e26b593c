import type { Ids } from './ids.ts'
import type { Mailbox } from './mailbox.ts'
import { segmentsOf } from './twilio-message.ts'
import type { PostSigned } from './twilio-webhook.ts'

const STOP_WORDS = new Set(['STOP', 'UNSUBSCRIBE', 'END', 'QUIT', 'STOPALL', 'REVOKE', 'OPTOUT', 'CANCEL'])
const START_WORDS = new Set(['START', 'YES', 'UNSTOP'])

const GOODBYE = [
  'You have successfully been unsubscribed. You will not receive any more messages from this number.',
  'Reply START to resubscribe.',
].join(' ')
const WELCOME = 'You have successfully been re-subscribed to messages from this number. Reply STOP to unsubscribe.'

interface Reply {
  to: string
  body: string
  /** The number or service the person answers to. */
  last: string
  inboundUrl: string | undefined
  account: { accountSid: string }
  post: PostSigned
  mailbox: Mailbox
  ids: Ids
  optedOut: Set<string>
}

/** A text from the person: Twilio obeys STOP and START itself, then tells the inbound webhook and sends its TwiML. */
export async function answerReply({ to, body, last, inboundUrl, account, post, mailbox, ids, optedOut }: Reply) {
  const arrived = (direction: 'inbound' | 'outbound', text: string) =>
    mailbox.add({ channel: 'sms', provider: 'twilio', direction, to, from: last, text })
  arrived('inbound', body)
  const word = body.trim().toUpperCase()
  if (STOP_WORDS.has(word)) {
    optedOut.add(to)
    arrived('outbound', GOODBYE)
  }
  if (START_WORDS.has(word) && optedOut.delete(to)) arrived('outbound', WELCOME)
  if (!inboundUrl) return

  const sid = `SM${ids(32)}`
  const answer = await post(inboundUrl, {
    AccountSid: account.accountSid,
    ApiVersion: '2010-04-01',
    Body: body,
    From: to,
    MessageSid: sid,
    NumMedia: '0',
    NumSegments: String(segmentsOf(body)),
    SmsMessageSid: sid,
    SmsSid: sid,
    SmsStatus: 'received',
    ...(last.startsWith('MG') ? { MessagingServiceSid: last, To: '+15005550006' } : { To: last }),
  })
  if (!answer?.type.includes('xml') || optedOut.has(to)) return
  for (const text of twimlTexts(answer.body)) arrived('outbound', text)
}

const twimlTexts = (xml: string): string[] =>
  [...xml.matchAll(/<Message[^>]*>\s*(?:<Body>)?([^<]+)/g)].map(([, text = '']) => unescapeXml(text.trim()))

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'", '&amp;': '&' }

const unescapeXml = (text: string) => text.replace(/&(?:lt|gt|quot|apos|amp);/g, (entity) => ENTITIES[entity] ?? entity)
