import type { Logger } from 'pino'
import { makeProviders } from '../channels/registry.ts'
import type { Config } from '../config.ts'
import type { Renderer } from '../flow/ports.ts'
import { makeHttp } from '../lib/http.ts'
import { exampleCurl } from '../lib/welcome.ts'
import { makePartner } from '../links/partner.ts'
import { distrustUrl } from '../links/trust.ts'
import { loadTemplates } from '../render/renderer.ts'
import { type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts'
import { makeVault } from '../vault/vault.ts'
import { makeAlerts } from '../webhooks/alerts.ts'
import type { Ground } from './ground.ts'
import { apiKeyOf, codesBaseOf, type Kept, keptBy, partnerKeyOf, settingsOf, twilioOf } from './settings.ts'

export type Outside = Awaited<ReturnType<typeof openOutside>>

/** The partner, the providers, the words, and the keys: real ones, or the sandbox's behind the same adapters. */
export async function openOutside(ground: Ground) {
  const { config, log, closers, clock, worldClock, follow, wakes, publicUrl, traces } = ground
  const kept = keptBy(config)
  if (config.sandbox.on && !publicUrl)
    throw new Error('The sandbox lives beside the api role. Set ROLES=api,worker, or SANDBOX=off.')
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
  const partner = traces.partner(makePartner({ ...settings.partner, http: makeHttp(), now: clock.now }))
  closers.add('partner', partner.close)
  const carriers = makeProviders({ http, now: clock.now, ...(publicUrl && { publicUrl }), ...settings.channels })
  const providers = carriers.map(traces.provider)
  for (const provider of providers) closers.add(provider.name, provider.close)
  const codesBase = codesBaseOf(publicUrl)
  const distrust = (link: string) => distrustUrl(link, settings.partner.linkHosts)
  const templates = loadTemplates({
    dir: config.templatesDir,
    defaultLocale: config.defaults.locale,
    linkHostAllowed: (link) => distrust(link) === undefined || (codesBase !== null && link.startsWith(codesBase)),
  })
  const sender = config.senderName ?? (sandbox && 'Acme Pay')
  const render = sender ? signed(templates, sender) : templates
  const alerts = makeAlerts({
    http,
    url: config.alertWebhookUrl,
    onError: (reason) => log.error({ reason }, 'ALERT_WEBHOOK_URL was not reached'),
  })
  const vault = makeVault(settings.vault)
  return { sandbox, settings, http, vault, partner, providers, distrust, codesBase, render, alerts }
}

/** Every message begins with the sender's name, unless the request names another. */
const signed = (templates: Renderer, sender: string): Renderer => ({
  ...templates,
  render: (order) => templates.render({ ...order, variables: { sender, ...order.variables } }),
})

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
    example: exampleCurl({ url: publicUrl, apiKey: apiKeyOf(config, kept), now: world.now() }),
  })
}
