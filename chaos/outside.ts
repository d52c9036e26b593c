import { randomBytes } from 'node:crypto'
import type { Closers } from '../src/lib/closers.ts'
import { type Sandbox, startSandbox } from '../src/sandbox/sandbox.ts'
import { makeSandboxServiceAccount } from '../src/sandbox/service-account.ts'
import { makeVault } from '../src/vault/vault.ts'
import type { Chance } from './random.ts'
import { makeRecord } from './record.ts'
import { startRelay } from './relay.ts'
import { startWire, type Wire } from './wire.ts'

export type WireName = 'partner' | 'twilio' | 'fcm' | 'smtp'
export type Outside = Awaited<ReturnType<typeof openOutside>>

/** Partner, providers and people, each behind a wire of its own; and all that really reached them. */
export async function openOutside(chance: Chance, createsPerMinute: number, closers: Closers) {
  const seen = makeRecord()
  const relay = await startRelay(seen.passed)
  closers.add('relay', relay.close)
  const secrets = makeSecrets()
  let aheadMs = 0
  const now = () => new Date(Date.now() + aheadMs)
  const sandbox = await startSandbox({
    port: 0,
    host: '127.0.0.1',
    partnerKey: secrets.partnerKey,
    webhookSecret: secrets.webhookSecret,
    webhookUrl: `${relay.url}/webhooks/m2m`,
    inboundUrl: `${relay.url}/webhooks/twilio/inbound`,
    twilio: secrets.twilio,
    now,
    onAdvance: () => Promise.reject(new Error('the run winds the clock itself')),
    random: chance.next,
    log: () => undefined,
  })
  closers.add('sandbox', sandbox.close)
  const { world } = sandbox
  world.configure({ createsPerMinute, callsPerMinute: 1_000_000, dataRequests: 'off' })
  seen.follow(sandbox, now)

  const wires = {
    partner: await startWire(portOf(sandbox.url)),
    twilio: await startWire(portOf(sandbox.url)),
    fcm: await startWire(portOf(sandbox.url)),
    smtp: await startWire(portOf(sandbox.smtpUrl)),
  } satisfies Record<WireName, Wire>
  for (const [name, wire] of Object.entries(wires)) closers.add(`wire to ${name}`, wire.close)

  return {
    world,
    relay,
    wires,
    seen,
    now,
    vault: makeVault({ keys: [secrets.vaultKey], lookupKeys: [secrets.lookupKey] }),
    apiKey: secrets.apiKey,
    wind: (ms: number) => {
      aheadMs = ms
    },
    env: envOf(sandbox, relay.url, secrets, wires, createsPerMinute),
  }
}

const makeSecrets = () => ({
  apiKey: randomBytes(32).toString('hex'),
  partnerKey: `m2m_test_${randomBytes(16).toString('hex')}`,
  webhookSecret: randomBytes(16).toString('hex'),
  twilio: { accountSid: `AC${randomBytes(16).toString('hex')}`, authToken: randomBytes(16).toString('hex') },
  vaultKey: { id: 'v1', key: randomBytes(32) },
  lookupKey: { id: 'l1', key: randomBytes(32) },
})

function envOf(
  sandbox: Sandbox,
  publicUrl: string,
  secrets: ReturnType<typeof makeSecrets>,
  wires: Record<WireName, Wire>,
  createsPerMinute: number,
): Record<string, string> {
  const through = (wire: WireName) => `http://127.0.0.1:${wires[wire].port}`
  const smtp = new URL(sandbox.smtpUrl)
  smtp.port = String(wires.smtp.port)
  const written = ({ id, key }: { id: string; key: Buffer }) => `${id}:${key.toString('base64')}`
  return {
    SANDBOX: 'off',
    LOG_LEVEL: 'warn',
    PUBLIC_URL: publicUrl,
    API_KEY: secrets.apiKey,
    VAULT_KEYS: written(secrets.vaultKey),
    LOOKUP_KEYS: written(secrets.lookupKey),
    M2M_BASE_URL: through('partner'),
    M2M_API_KEY: secrets.partnerKey,
    M2M_WEBHOOK_SECRETS: secrets.webhookSecret,
    M2M_LINK_HOSTS: new URL(sandbox.url).host,
    M2M_CREATES_PER_MINUTE: String(createsPerMinute),
    TWILIO_ACCOUNT_SID: secrets.twilio.accountSid,
    TWILIO_AUTH_TOKEN: secrets.twilio.authToken,
    TWILIO_FROM: '+15005550006',
    TWILIO_BASE_URL: through('twilio'),
    SMTP_URL: smtp.href,
    EMAIL_FROM: 'hello@link-dispatcher.example',
    FCM_SERVICE_ACCOUNT: JSON.stringify(makeSandboxServiceAccount(through('fcm'))),
    FCM_BASE_URL: through('fcm'),
  }
}

const portOf = (url: string) => Number(new URL(url).port)
