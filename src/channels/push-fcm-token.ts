import { sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Outcome } from '../domain/outcome.ts'
import type { Http, HttpResult } from '../lib/http.ts'
import { readObject, withWait } from './http-answers.ts'

/** A service account as Google hands it out; `token_uri` is where its access tokens come from. */
interface ServiceAccount {
  projectId: string
  clientEmail: string
  privateKey: string
  keyId: string
  tokenUri: string
}

type Token = { ok: true; value: string } | { ok: false; outcome: Outcome }

export interface TokenSource {
  /** The living token, or a new one; callers at the same time share one request. */
  current(): Promise<Token>
  /** Forgets a token that was refused. */
  drop(value: string): void
}

const EARLY_MS = 60_000
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'

/** Path or JSON → account. `cert` of firebase-admin checks fields and key, and throws a readable error. */
export async function readServiceAccount(pathOrJson: string): Promise<ServiceAccount> {
  const text = pathOrJson.trimStart().startsWith('{') ? pathOrJson : await readFile(pathOrJson, 'utf8')
  const fields = JSON.parse(text) as Record<string, string>
  const { cert } = await import('firebase-admin/app')
  cert(fields)
  return {
    projectId: fields['project_id'] ?? '',
    clientEmail: fields['client_email'] ?? '',
    privateKey: fields['private_key'] ?? '',
    keyId: fields['private_key_id'] ?? '',
    tokenUri: fields['token_uri'] ?? 'https://oauth2.googleapis.com/token',
  }
}

/**
 * Access tokens by the JWT bearer grant (RFC 7523), kept until a minute before they end. Signed here because
 * google-auth-library below firebase-admin ignores the account's own `token_uri`.
 */
export function makeTokenSource(account: ServiceAccount, http: Http, now: () => Date): TokenSource {
  let kept: { value: string; until: number } | undefined
  let asking: Promise<Token> | undefined
  return {
    async current() {
      if (kept && performance.now() < kept.until) return { ok: true, value: kept.value }
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    drop(value) {
      if (kept?.value === value) kept = undefined
    },
  }

  async function ask(): Promise<Token> {
    const result = await http.request({
      method: 'POST',
      url: account.tokenUri,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: assertion(account, now()),
      }).toString(),
      deadlineMs: 10_000,
    })
    const body = result.kind === 'answer' && result.status === 200 ? readObject(result.body) : undefined
    const value = body?.['access_token']
    if (typeof value !== 'string' || !value) return { ok: false, outcome: refused(result) }
    kept = { value, until: performance.now() + Number(body?.['expires_in'] ?? 3_600) * 1_000 - EARLY_MS }
    return { ok: true, value }
  }
}

function assertion(account: ServiceAccount, now: Date): string {
  const issuedAt = Math.floor(now.getTime() / 1_000)
  const claims = { iss: account.clientEmail, scope: SCOPE, aud: account.tokenUri, iat: issuedAt, exp: issuedAt + 3_600 }
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT', kid: account.keyId })}.${encode(claims)}`
  return `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), account.privateKey).toString('base64url')}`
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** No token, so no message was asked for: never ambiguous. */
function refused(result: HttpResult): Outcome {
  if (result.kind !== 'answer') return { kind: 'retry', reason: 'token_unreachable' }
  if (result.status === 429) return withWait({ kind: 'throttle', reason: 'token_throttled' }, result.headers)
  if (result.status >= 500) return withWait({ kind: 'retry', reason: 'token_unavailable' }, result.headers)
  return { kind: 'alert', reason: 'credentials_refused' }
}
