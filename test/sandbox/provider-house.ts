import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import express from 'express'
import twilio from 'twilio'
import { makeFaults } from '../../src/sandbox/faults.ts'
import { makeProviderStandIns, type ProviderStandInOptions } from '../../src/sandbox/providers.ts'

export const ACCOUNT = { accountSid: `AC${'1'.repeat(32)}`, authToken: 'sandbox-token' }
const START = new Date('2026-03-02T10:00:00Z')

/** The provider half of the sandbox on a port of its own. */
export async function openProviders(overrides: Partial<ProviderStandInOptions> = {}) {
  const faults = makeFaults()
  const standIns = await makeProviderStandIns({
    host: '127.0.0.1',
    twilio: ACCOUNT,
    now: () => START,
    random: () => 0.5,
    faults,
    skip: async () => 0,
    ...overrides,
  })
  const server = createHttpServer(express().use(standIns.router)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    ...standIns,
    faults,
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await standIns.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
export type Providers = Awaited<ReturnType<typeof openProviders>>

export interface Hook {
  url: string
  headers: IncomingMessage['headers']
  form: Record<string, string>
}

/** A listener for webhooks that hands out what arrives, one by one. */
export async function openListener(answer: { status?: number; type?: string; body?: string } = {}) {
  const arrived: Hook[] = []
  const waiting: ((hook: Hook) => void)[] = []
  const server = createHttpServer(async (req, res) => {
    const raw = await text(req)
    const form = raw.startsWith('{') ? JSON.parse(raw) : Object.fromEntries(new URLSearchParams(raw))
    const hook = { url: `${url}${req.url?.slice(1)}`, headers: req.headers, form }
    const next = waiting.shift()
    if (next) next(hook)
    else arrived.push(hook)
    res.writeHead(answer.status ?? 200, { 'content-type': answer.type ?? 'text/plain' }).end(answer.body ?? '')
  })
  const url = await new Promise<string>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)),
  )
  return {
    url,
    next: () => new Promise<Hook>((resolve) => (arrived[0] ? resolve(arrived.shift() as Hook) : waiting.push(resolve))),
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

export const freePort = () =>
  new Promise<number>((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })

/** The real SDK, pointed at the stand-in. */
export function twilioClient(base: string, authToken = ACCOUNT.authToken) {
  class LocalClient extends twilio.RequestClient {
    override request<T>(options: Parameters<twilio.RequestClient['request']>[0]) {
      options.uri = options.uri.replace('https://api.twilio.com', base)
      return super.request<T>(options as never)
    }
  }
  return twilio(ACCOUNT.accountSid, authToken, { httpClient: new LocalClient() })
}
