import type { MessageFinding, MessageLookup, MessageQuestion } from '../flow/ports-receipts.ts'
import type { Http, HttpResult } from '../lib/http.ts'
import { asArray, asObject, readObject } from './http-answers.ts'

export interface TwilioLookupOptions {
  accountSid: string
  authToken: string
  from?: string
  messagingServiceSid?: string
  /** Instead of Twilio's own address; plain http is for loopback. */
  baseUrl?: string
  deadlineMs?: number
  http: Http
  /** Keyed hashes of a text, under every key that a stored hash may have been made with. */
  hashes(text: string): Buffer[]
}

const PAGE_SIZE = 200
const MOST_PAGES = 10
/** Twilio's clock and ours; its times have no milliseconds. */
const ALLOWED_SKEW_MS = 60_000

/**
 * What became of a text whose answer was lost (provider-errors 6). `absent` leads to a second text, so it is said only
 * when every page was read and every message in it could be compared.
 *
 * The list is not narrowed by `DateSent`: a message that still waits in Twilio's queue has none.
 */
export function makeTwilioLookup(options: TwilioLookupOptions): MessageLookup {
  const messages = `/2010-04-01/Accounts/${options.accountSid}/Messages`
  return {
    async findMessage(question) {
      const { items, missing } = await listAll(options, messages, question)
      const findings = items.map((item) => compare(options, question, asObject(item)))
      const found = findings.find((finding) => finding?.kind === 'found')
      if (found || missing) return found ?? unknown(missing ?? '')
      return findings.find((finding) => finding !== undefined) ?? { kind: 'absent' }
    },

    async messageStatus(providerId) {
      if (!/^[A-Z]{2}\w{1,64}$/.test(providerId)) return unknown('id_malformed')
      const result = await ask(options, `${messages}/${providerId}.json`)
      if (result.kind === 'answer' && result.status === 404) return { kind: 'absent' }
      return found(readAnswer(result)) ?? unknown('answer_unreadable')
    },
  }
}

const unknown = (reason: string): MessageFinding => ({ kind: 'unknown', reason })

/** Every page of the list, and why some of it is missing, if so. */
async function listAll(
  options: TwilioLookupOptions,
  messages: string,
  question: MessageQuestion,
): Promise<{ items: unknown[]; missing?: string }> {
  const items: unknown[] = []
  let path: string | null = `${messages}.json?${firstPage(options, question)}`
  for (let page = 0; path && page < MOST_PAGES; page++) {
    const body = readAnswer(await ask(options, path))
    if (!body || !Array.isArray(body['messages'])) return { items, missing: 'list_unreadable' }
    items.push(...asArray(body['messages']))
    path = nextPage(body['next_page_uri'], messages)
  }
  return path ? { items, missing: 'list_too_long' } : { items }
}

/** A service chooses its number late: until then the message has no `From`. */
function firstPage({ from, messagingServiceSid }: TwilioLookupOptions, { to }: MessageQuestion): URLSearchParams {
  const sender: Record<string, string> = from && !messagingServiceSid ? { From: from } : {}
  return new URLSearchParams({ To: to, ...sender, PageSize: String(PAGE_SIZE) })
}

/** Only the list we asked for is read on; a path to elsewhere ends it, and nobody knows what is missing. */
function nextPage(uri: unknown, messages: string): string | null {
  if (uri === null || uri === undefined || uri === '') return null
  return typeof uri === 'string' && uri.startsWith(`${messages}.json?`) ? uri : 'elsewhere'
}

async function ask(options: TwilioLookupOptions, path: string): Promise<HttpResult> {
  if (!path.startsWith('/')) return { kind: 'not_written', reason: 'invalid_url', late: false }
  const credentials = Buffer.from(`${options.accountSid}:${options.authToken}`).toString('base64')
  return options.http.request({
    method: 'GET',
    url: `${(options.baseUrl ?? 'https://api.twilio.com').replace(/\/$/, '')}${path}`,
    headers: { Authorization: `Basic ${credentials}`, Accept: 'application/json' },
    deadlineMs: options.deadlineMs ?? 10_000,
    maxBytes: 4 * 1_024 * 1_024,
  })
}

const readAnswer = (result: HttpResult): Record<string, unknown> | undefined =>
  result.kind === 'answer' && result.status === 200 ? readObject(result.body) : undefined

/** Undefined: certainly another message. */
function compare(
  options: TwilioLookupOptions,
  question: MessageQuestion,
  message: Record<string, unknown> | undefined,
): MessageFinding | undefined {
  const finding = found(message)
  if (!message || finding?.kind !== 'found') return unknown('message_unreadable')
  if (question.notThese?.includes(finding.providerId) || isOthers(options, message)) return undefined
  const createdAt = Date.parse(String(message['date_created']))
  if (Number.isNaN(createdAt)) return unknown('message_unreadable')
  if (createdAt < question.sentAfter.getTime() - ALLOWED_SKEW_MS) return undefined

  const body = message['body']
  if (typeof body !== 'string' || body === '') return unknown('body_redacted')
  const isOurs = [body, body.replace(TRIAL, '')].some((text) =>
    options.hashes(text).some((hash) => hash.equals(question.bodyHash)),
  )
  return isOurs ? finding : undefined
}

/** What trial accounts put before every text. */
const TRIAL = /^Sent from your Twilio trial account - /

function isOthers({ messagingServiceSid }: TwilioLookupOptions, message: Record<string, unknown>): boolean {
  const isInbound = String(message['direction']) === 'inbound'
  return isInbound || (messagingServiceSid !== undefined && message['messaging_service_sid'] !== messagingServiceSid)
}

function found(message: Record<string, unknown> | undefined): MessageFinding | undefined {
  const { sid, status, error_code: code } = message ?? {}
  if (typeof sid !== 'string' || typeof status !== 'string') return undefined
  return { kind: 'found', providerId: sid, status, errorCode: typeof code === 'number' ? code : null }
}
