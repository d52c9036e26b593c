import { randomBytes } from 'node:crypto'
import { freePort } from '../../src/lib/free-port.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { makeSandboxServiceAccount } from '../../src/sandbox/service-account.ts'

export interface Outside {
  world: Sandbox['world']
  url: string
  partnerKey: string
  webhookSecret: string
  /** What a house needs to know of it; its own port stays the same from one start to the next. */
  env: Record<string, string>
  close(): Promise<void>
}

/** Partner, providers and mailboxes that outlive the houses that talk to them, as the real ones do. */
export async function startOutside(): Promise<Outside> {
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const partnerKey = `m2m_test_${randomBytes(16).toString('hex')}`
  const webhookSecret = randomBytes(16).toString('hex')
  const twilio = { accountSid: `AC${randomBytes(16).toString('hex')}`, authToken: randomBytes(16).toString('hex') }
  const { url, smtpUrl, world, close } = await startSandbox({
    port: 0,
    host: '127.0.0.1',
    partnerKey,
    webhookSecret,
    webhookUrl: `${publicUrl}/webhooks/m2m`,
    twilio,
    now: () => new Date(),
    onAdvance: () => Promise.reject(new Error('this world has the clock on the wall')),
    random: Math.random,
    log: () => undefined,
  })
  world.configure({ createsPerMinute: 1_000_000, callsPerMinute: 1_000_000 })
  const key = () => `k1:${randomBytes(32).toString('base64')}`
  const env = {
    SANDBOX: 'off',
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    API_KEY: randomBytes(32).toString('hex'),
    VAULT_KEYS: key(),
    LOOKUP_KEYS: key(),
    M2M_BASE_URL: url,
    M2M_API_KEY: partnerKey,
    M2M_WEBHOOK_SECRETS: webhookSecret,
    M2M_LINK_HOSTS: new URL(url).host,
    M2M_CREATES_PER_MINUTE: 'off',
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: twilio.authToken,
    TWILIO_FROM: '+15005550006',
    TWILIO_BASE_URL: url,
    SMTP_URL: smtpUrl,
    EMAIL_FROM: 'hello@link-dispatcher.example',
    FCM_SERVICE_ACCOUNT: JSON.stringify(makeSandboxServiceAccount(url)),
    FCM_BASE_URL: url,
  }
  return { world, url, partnerKey, webhookSecret, env, close }
}
