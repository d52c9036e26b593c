import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { makeProviders } from '../channels/registry.ts'
import type { Config } from '../config.ts'
import { makeHttp } from '../lib/http.ts'
import { keptSecrets } from '../lib/kept-secrets.ts'
import { makePartner } from '../links/partner.ts'
import { distrustUrl } from '../links/trust.ts'
import { loadTemplates } from '../render/renderer.ts'
import { type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts'
import { makeVault } from '../vault/vault.ts'
import { makeAlerts } from '../webhooks/alerts.ts'
import type { Ground } from './ground.ts'
import { type Kept, partnerKeyOf, SANDBOX_SECRETS, settingsOf, twilioOf } from './settings.ts'

export type Outside = Awaited<ReturnType<typeof openOutside>>

/** The partner, the providers, the words, and the keys: real ones, or the sandbox's behind the same adapters. */
export async function openOutside({ config, log, closers, clock, worldClock, follow, wakes, publicUrl }: Ground) {
  const kept = config.sandbox.on ? keptSecrets(config.dataDir, SANDBOX_SECRETS, randomBytes) : {}
  const onAdvance = async (ms: number) => {
    await worldClock.advance(ms)
    await follow()
    wakes.wake('clock')
  }
  const sandbox = publicUrl
    ? await playSandbox(config, kept, publicUrl, {
        now: clock.now,
        onAdvance,
        untilNextStep: worldClock.untilNextStep,
        log,
      })
    : undefined
  if (sandbox) closers.add('sandbox', sandbox.close)
  const settings = settingsOf(config, kept, sandbox)

  const http = makeHttp()
  closers.add('http', http.close)
  const partner = makePartner({ ...settings.partner, http: makeHttp(), now: clock.now })
  closers.add('partner', partner.close)
  const providers = makeProviders({ http, now: clock.now, ...(publicUrl && { publicUrl }), ...settings.channels })
  for (const provider of providers) closers.add(provider.name, provider.close)
  const distrust = (link: string) => distrustUrl(link, settings.partner.linkHosts)
  const render = loadTemplates({
    dir: config.templatesDir,
    defaultLocale: config.defaults.locale,
    linkHostAllowed: (link) => distrust(link) === undefined,
  })
  const alerts = makeAlerts({
    http,
    url: config.alertWebhookUrl,
    onError: (reason) => log.error({ reason }, 'ALERT_WEBHOOK_URL was not reached'),
  })
  return { sandbox, settings, vault: makeVault(settings.vault), partner, providers, distrust, render, alerts }
}

/** The stand-ins for partner, providers and mailboxes; the adapters that talk to them are the real ones. */
async function playSandbox(
  config: Config,
  kept: Kept,
  publicUrl: string,
  world: Pick<SandboxOptions, 'now' | 'onAdvance' | 'untilNextStep'> & { log: Logger },
) {
  if (!config.sandbox.on) return undefined
  return startSandbox({
    ...world,
    port: config.sandbox.port,
    host: config.server.host,
    partnerKey: partnerKeyOf(config, kept),
    webhookSecret: kept['webhookSecret'] ?? '',
    webhookUrl: `${publicUrl}/webhooks/m2m`,
    inboundUrl: `${publicUrl}/webhooks/twilio/inbound`,
    twilio: twilioOf(kept),
    random: Math.random,
    log: (event) => world.log.debug(event, 'sandbox'),
    example: `See the terminal: the command it shows, pasted, puts a message here.`,
  })
}
