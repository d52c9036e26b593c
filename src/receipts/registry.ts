import type { FetchText, InboundTextReader, ReceiptReader } from '../flow/ports-receipts.ts'
import { makeDsn } from './email-dsn.ts'
import { makeMailgun } from './email-mailgun.ts'
import { makeSendgrid } from './email-sendgrid.ts'
import { makeSes } from './email-ses.ts'
import { makeTwilioInbound } from './twilio-inbound.ts'
import { makeTwilioStatus } from './twilio-status.ts'

/** Empty lists and what is left out mean the same: that provider has no way in. */
export interface ReceiptSettings {
  publicUrl?: string
  /** The domain of the sender: our Message-IDs end with it. */
  emailDomain?: string
  twilioTokens?: readonly string[]
  dsnSecrets?: readonly string[]
  sesTopicArns?: readonly string[]
  mailgunKeys?: readonly string[]
  sendgridKeys?: readonly string[]
  fetchText: FetchText
}

/** Readers by the name in the path. A provider without its secret does not exist: nothing is taken on trust. */
export function makeReceiptReaders(settings: ReceiptSettings): ReadonlyMap<string, ReceiptReader> {
  const { publicUrl, fetchText } = settings
  const [authTokens, secrets, topicArns, signingKeys, publicKeys] = [
    set(settings.twilioTokens),
    set(settings.dsnSecrets),
    set(settings.sesTopicArns),
    set(settings.mailgunKeys),
    set(settings.sendgridKeys),
  ]
  const domain = settings.emailDomain ? { domain: settings.emailDomain } : {}
  return new Map<string, ReceiptReader>([
    ...named('twilio', publicUrl && authTokens && makeTwilioStatus({ publicUrl, authTokens })),
    ...named('dsn', secrets && makeDsn({ secrets, ...domain })),
    ...named('ses', topicArns && makeSes({ topicArns, fetchText, ...domain })),
    ...named('mailgun', signingKeys && makeMailgun({ signingKeys, ...domain })),
    ...named('sendgrid', publicKeys && makeSendgrid({ publicKeys, ...domain })),
  ])
}

/** Who hears what people write back. */
export function makeTextReaders({ publicUrl, twilioTokens }: ReceiptSettings): ReadonlyMap<string, InboundTextReader> {
  const authTokens = set(twilioTokens)
  return new Map(named('twilio', publicUrl && authTokens && makeTwilioInbound({ publicUrl, authTokens })))
}

/** An empty secret would be everybody's. */
function set(secrets: readonly string[] = []): readonly string[] | undefined {
  const filled = secrets.filter((secret) => secret.trim() !== '')
  return filled.length > 0 ? filled : undefined
}

const named = <T extends object>(name: string, reader: T | '' | undefined): [string, T][] =>
  reader ? [[name, reader]] : []
