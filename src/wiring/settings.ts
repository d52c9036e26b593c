import { randomBytes } from 'node:crypto'
import type { ChannelSettings } from '../channels/registry.ts'
import type { Config } from '../config.ts'
import { isLoopbackUrl } from '../lib/env.ts'
import { keptSecrets } from '../lib/kept-secrets.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { makeSandboxServiceAccount } from '../sandbox/service-account.ts'

/** Secrets the sandbox made for itself. */
export type Kept = Record<string, string>
const SANDBOX_SECRETS = ['vault', 'lookup', 'apiKey', 'partnerKey', 'webhookSecret', 'twilioToken']

export const partnerKeyOf = (config: Config, kept: Kept) =>
  config.partner.apiKey ?? `m2m_test_${(kept['partnerKey'] ?? '').replace(/\W/g, '').slice(0, 32).toLowerCase()}`
export const twilioOf = (kept: Kept) => ({
  accountSid: `AC${'0'.repeat(32)}`,
  authToken: (kept['twilioToken'] ?? '').replace(/\W/g, '').slice(0, 32),
})

/** The keys of the configuration, or the sandbox's own. */
export function vaultKeysOf({ vault }: Config, kept: Kept) {
  const key = (name: string) => [{ id: 'sandbox', key: Buffer.from(kept[name] ?? '', 'base64') }]
  return {
    keys: vault.keys.length > 0 ? vault.keys : key('vault'),
    lookupKeys: vault.lookupKeys.length > 0 ? vault.lookupKeys : key('lookup'),
  }
}

export const keptBy = (config: Config): Kept =>
  config.sandbox.on ? keptSecrets(config.dataDir, SANDBOX_SECRETS, randomBytes) : {}

/** Where codes of ours lead; null where that is no address a message may carry. */
export const codesBaseOf = (publicUrl: string | undefined): string | null =>
  publicUrl && (publicUrl.startsWith('https:') || isLoopbackUrl(publicUrl)) ? `${publicUrl}/l/` : null

export const apiKeyOf = (config: Config, kept: Kept) =>
  config.apiKey ?? `ld_${(kept['apiKey'] ?? '').replace(/\W/g, '')}`

/** What configuration leaves open is the sandbox's: made once, kept below DATA_DIR. */
export function settingsOf(config: Config, kept: Kept, sandbox: Sandbox | undefined) {
  const { partner, links } = config
  return {
    apiKey: apiKeyOf(config, kept),
    vault: vaultKeysOf(config, kept),
    partner: {
      baseUrl: sandbox?.url ?? partner.baseUrl ?? '',
      apiKey: partnerKeyOf(config, kept),
      linkHosts: sandbox ? [...links.hosts, new URL(sandbox.url).host] : links.hosts,
    },
    webhookSecrets: partner.webhookSecrets.length > 0 ? partner.webhookSecrets : [kept['webhookSecret'] ?? ''],
    receipts: receiptSecretsOf(config, kept, sandbox),
    channels: sandbox ? sandboxChannels(sandbox, kept) : realChannels(config.channels),
  }
}

/** Where the sandbox plays Twilio, it signs with the token it was given. */
const receiptSecretsOf = ({ receipts, channels }: Config, kept: Kept, sandbox: Sandbox | undefined) => ({
  ...receipts,
  ...(sandbox && { twilioTokens: [twilioOf(kept).authToken] }),
  emailDomain: sandbox ? SANDBOX_DOMAIN : /@([^@>\s]+)>?\s*$/.exec(channels.smtp?.from ?? '')?.[1],
})

const SANDBOX_DOMAIN = 'link-dispatcher.example'

function sandboxChannels(sandbox: Sandbox, kept: Kept): Pick<ChannelSettings, 'twilio' | 'smtp' | 'fcm'> {
  return {
    twilio: { ...twilioOf(kept), from: '+15005550006', baseUrl: sandbox.url },
    smtp: { url: sandbox.smtpUrl, from: `Acme Pay <hello@${SANDBOX_DOMAIN}>` },
    fcm: { serviceAccount: JSON.stringify(makeSandboxServiceAccount(sandbox.url)), baseUrl: sandbox.url },
  }
}

function realChannels({
  twilio,
  vonage,
  smtp,
  fcm,
}: Config['channels']): Pick<ChannelSettings, 'twilio' | 'vonage' | 'smtp' | 'fcm'> {
  const account =
    fcm &&
    JSON.stringify({
      project_id: fcm.serviceAccount.projectId,
      client_email: fcm.serviceAccount.clientEmail,
      private_key: fcm.serviceAccount.privateKey,
      token_uri: fcm.serviceAccount.tokenUri,
      type: 'service_account',
    })
  return {
    ...(twilio && { twilio: given(twilio) }),
    ...(vonage && { vonage: given(vonage) }),
    ...(smtp && { smtp }),
    ...(fcm && account && { fcm: given({ serviceAccount: account, baseUrl: fcm.baseUrl }) }),
  }
}

type Given<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}
/** Without the keys that are not set. */
const given = <T extends object>(settings: T) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Given<T>
