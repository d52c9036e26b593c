import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import { makeClosers } from '../lib/closers.ts'
import { makeFaults } from './faults.ts'
import { makePartnerStandIn } from './partner.ts'
import { makeProviderStandIns, type ProviderStandIns } from './providers.ts'
import type { World } from './world.ts'

export interface SandboxOptions {
  /** 0 takes a free one. */
  port: number
  host: string
  partnerKey: string
  webhookSecret: string
  /** Where the partner's webhooks go unless a link names another URL. */
  webhookUrl: string
  twilio: { accountSid: string; authToken: string }
  /** Where a person's text reply is posted, as set up at Twilio. */
  inboundUrl?: string
  /** The service's clock, which `onAdvance` moves. */
  now: () => Date
  onAdvance: (ms: number) => Promise<void>
  /** How far ahead the next planned step lies, in ms; 0 when none is. The inbox skips there. */
  untilNextStep?: () => Promise<number>
  random: () => number
  log: (event: object) => void
  smtpPort?: number
  /** The command that the empty inbox shows. */
  example?: string
}

export interface Sandbox {
  url: string
  smtpUrl: string
  world: World & Pick<ProviderStandIns, 'mailbox' | 'twilio'>
  close(): Promise<void>
}

/** The world outside, on one port: the partner, Twilio, Vonage, FCM, the inbox page, the controls; and SMTP beside it. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { host, port, now, random, log } = options
  const closers = makeClosers()
  const app = express().disable('x-powered-by')
  const server = await listening(createServer(app), port, host)
  closers.add('server', () => shut(server))
  const url = `http://${reachable(host)}:${(server.address() as AddressInfo).port}`
  const faults = makeFaults()

  const partner = makePartnerStandIn({ ...options, baseUrl: url, faults, onReset: () => providers.mailbox.clear() })
  closers.add('partner', partner.close)
  const skip = async () => {
    const ms = (await options.untilNextStep?.()) ?? 0
    if (ms > 0) await partner.world.advance(ms)
    return ms
  }
  const { twilio, smtpPort, inboundUrl, example } = options
  const { nameOf } = partner
  const order = { host, twilio, now, random, faults, skip, smtpPort, inboundUrl, nameOf, example }
  const providers = await makeProviderStandIns(order).catch(async (error) => {
    await closers.closeAll()
    throw error
  })
  closers.add('providers', providers.close)

  app.use(partner.router, providers.router)
  app.use((_req, res) => void res.status(404).json({ error: { message: 'The sandbox has no such page.' } }))
  app.use(broken(log))

  const world = { ...partner.world, mailbox: providers.mailbox, twilio: providers.twilio }
  return { url, smtpUrl: providers.smtpUrl, world, close: closers.closeAll }
}

function listening(server: Server, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`Port ${port} is taken. Set SANDBOX_PORT to a free one.`) : error)
    server.once('error', refused)
    server.listen(port, host, () => resolve(server.off('error', refused)))
  })
}

const shut = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** The name under which this machine reaches itself. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** A bug of the sandbox: said aloud, so that nobody looks for it in the service. */
const broken =
  (log: SandboxOptions['log']): ErrorRequestHandler =>
  (error, _req, res, next) => {
    log({ event: 'sandbox.broken', reason: error instanceof Error ? error.stack : String(error) })
    if (res.headersSent) next(error)
    else res.status(error?.status ?? 500).json({ error: { message: 'The sandbox broke on this request.' } })
  }
