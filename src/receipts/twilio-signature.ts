import { createHmac } from 'node:crypto'
import type { ReceiptRefusal, ReceiptRequest } from '../flow/ports-receipts.ts'
import { headerOf, readJson, sameText, sha256 } from './body.ts'
import { refused } from './receipt.ts'

export interface TwilioWebhookOptions {
  /** Where Twilio was told to reach us: the only source of the URL that it signed. */
  publicUrl: string
  /** Primary and secondary token: both count while one is being replaced. */
  authTokens: readonly string[]
}

/** Parameters of a rightly signed request. Twilio adds new ones without notice, and signs them all. */
export type TwilioReading =
  | { ok: true; parameters: ReadonlyMap<string, string>; query: URLSearchParams }
  | ReceiptRefusal

const MOST_BYTES = 64 * 1_024

/** provider-errors 2.3: the URL from our configuration, then every parameter, sorted by name. */
export function readTwilio(options: TwilioWebhookOptions, request: ReceiptRequest): TwilioReading {
  const signature = headerOf(request, 'x-twilio-signature')
  if (!signature) return refused('no_signature')
  if (request.raw.length > MOST_BYTES) return refused('bad_body')

  const query = queryOf(request.url)
  const bodyHash = query.get('bodySHA256')
  const form = bodyHash === null ? new URLSearchParams(request.raw.toString('utf8')) : new URLSearchParams()
  const signedParameters = parameterText(form)
  const expected = urlsOf(options.publicUrl, request.url).flatMap((url) =>
    options.authTokens.map((token) =>
      createHmac('sha1', token)
        .update(url + signedParameters)
        .digest('base64'),
    ),
  )
  const matches = expected.map((text) => sameText(signature, text))
  if (!matches.includes(true)) return refused('bad_signature')
  if (bodyHash === null) return { ok: true, parameters: new Map(form), query }

  if (!sameText(bodyHash, sha256(request.raw).toString('hex'))) return refused('bad_signature')
  const parameters = jsonParameters(request.raw)
  return parameters ? { ok: true, parameters, query } : refused('bad_body')
}

function queryOf(url: string): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1))
}

/** Name and value joined without separators; a name that came several times gives each of its values once, sorted. */
function parameterText(form: URLSearchParams): string {
  const values = new Map<string, Set<string>>()
  for (const [name, value] of form) values.set(name, (values.get(name) ?? new Set()).add(value))
  return [...values.keys()]
    .sort()
    .flatMap((name) => [...(values.get(name) ?? [])].sort().map((value) => name + value))
    .join('')
}

/** Twilio signs the URL with or without its port, whichever was configured. */
function urlsOf(publicUrl: string, pathAndQuery: string): string[] {
  const parts = /^(https?:\/\/)([^/?#]*?)(:\d+)?(\/[^?#]*)?$/i.exec(publicUrl)
  if (!parts || !pathAndQuery.startsWith('/')) return []
  const [, scheme = '', host = '', port, path = ''] = parts
  const usual = scheme.toLowerCase() === 'https://' ? ':443' : ':80'
  const rest = path.replace(/\/$/, '') + pathAndQuery
  return [`${scheme}${host}${rest}`, `${scheme}${host}${port ?? usual}${rest}`]
}

function jsonParameters(raw: Buffer): Map<string, string> | undefined {
  const body = readJson(raw.toString('utf8'))
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined
  return new Map(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' || typeof value === 'number' ? [[name, String(value)]] : [],
    ),
  )
}
