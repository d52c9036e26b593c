import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'

export const SANDBOX_PROJECT = 'link-dispatcher-sandbox'
const CLIENT_EMAIL = `dispatcher@${SANDBOX_PROJECT}.invalid`
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** The credential of a project that exists in this process only; fits where `FCM_SERVICE_ACCOUNT` wants JSON. */
export interface ServiceAccount {
  type: 'service_account'
  project_id: string
  private_key_id: string
  private_key: string
  client_email: string
  client_id: string
  token_uri: string
}

/** An account whose tokens come from the sandbox at `baseUrl`. Its key is made once per process and never stored. */
export function makeSandboxServiceAccount(baseUrl: string): ServiceAccount {
  const key = sandboxKey()
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    type: 'service_account',
    project_id: SANDBOX_PROJECT,
    private_key_id: createHash('sha1').update(publicKey).digest('hex'),
    private_key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: CLIENT_EMAIL,
    client_id: '100000000000000000000',
    token_uri: new URL('/token', baseUrl).href,
  }
}

/**
 * What is wrong with a token request, or undefined. Its times are only compared with each other: the sandbox's clock
 * may be days ahead of the clock that signed.
 */
export function grantProblem(form: Record<string, string | undefined>): string | undefined {
  if (form['grant_type'] !== GRANT) return 'unsupported_grant_type'
  const parts = (form['assertion'] ?? '').split('.')
  const [header = '', claims = '', signature = ''] = parts
  if (parts.length !== 3) return 'invalid_grant'
  const signed = verify(
    'RSA-SHA256',
    Buffer.from(`${header}.${claims}`),
    publicHalf(),
    Buffer.from(signature, 'base64url'),
  )
  if (!signed) return 'invalid_grant'
  const { iss, aud, exp, iat, scope } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  if (iss !== CLIENT_EMAIL || !String(aud).endsWith('/token') || exp - iat > 3600 || exp <= iat) return 'invalid_grant'
  return scope ? undefined : 'invalid_scope'
}

let made: KeyObject | undefined

function sandboxKey(): KeyObject {
  made ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  return made
}

const publicHalf = () => createPublicKey(sandboxKey())
