import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { onTestFinished } from 'vitest'
import { makeFaults } from '../../src/sandbox/faults.ts'
import { makePartnerStandIn } from '../../src/sandbox/partner.ts'

export const KEY = 'm2m_test_0123456789abcdef0123456789abcdef'
export const SECRET = 'whsec_local_test_0001'
export const MINUTE = 60_000

/** A prefill that leaves nothing to ask for. */
const WHOLE_USER = {
  name: { firstName: 'Ana', secondName: 'María', lastName: 'Prueba', secondLastName: 'Ejemplo' },
  idNumber: '123-45-6789',
  idType: 'SSN',
  dob: '1990-01-02',
  paymentMethod: { type: 'bank_account', bankAccount: { country: 'MX', accountNumber: '646180110400000007' } },
}

export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
  event: string
  data: Record<string, unknown>
}

/** The partner stand-in on a free port, a clock to wind, and a receiver that keeps what the webhooks bring. */
export async function partnerKit() {
  const clock = { at: Date.parse('2026-03-02T12:00:00.000Z') }
  const receiver = await startReceiver()
  const app = express()
  const server = await listen(createServer(app))
  const url = urlOf(server)
  const partner = makePartnerStandIn({
    baseUrl: url,
    partnerKey: KEY,
    webhookSecret: SECRET,
    webhookUrl: `${receiver.url}/webhooks/m2m`,
    faults: makeFaults(),
    now: () => new Date(clock.at),
    onAdvance: async (ms) => {
      clock.at += ms
    },
    random: Math.random,
    log: () => undefined,
  })
  app.use(partner.router)
  onTestFinished(async () => {
    await Promise.all([close(server), close(receiver.server), partner.close()])
  })

  const call = async (method: string, path: string, body?: unknown, key: string | null = KEY) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', ...(key === null ? {} : { 'X-API-Key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: JSON.parse(text) }
  }
  const create = (referenceId: string, more: object = {}) =>
    call('POST', '/partner/links', { referenceId, userData: WHOLE_USER, ...more })

  return { url, clock, world: partner.world, receiver, call, create }
}

async function startReceiver() {
  const received: Received[] = []
  const replies: number[] = []
  const server = await listen(
    createServer(async (req, res) => {
      const chunks: Buffer[] = []
      for await (const chunk of req) chunks.push(chunk)
      const body = Buffer.concat(chunks).toString('utf8')
      received.push({ path: req.url ?? '', headers: req.headers, body, ...JSON.parse(body) })
      res.writeHead(replies.shift() ?? 200).end()
    }),
  )
  return {
    server,
    url: urlOf(server),
    received,
    /** The next deliveries are answered with these, then with 200. */
    reply: (...statuses: number[]) => replies.push(...statuses),
    events: () => received.map(({ event }) => event),
    of: (event: string) => received.filter((one) => one.event === event),
  }
}

/** A server that takes requests and never answers. */
export async function silentServer(): Promise<string> {
  const server = await listen(createServer(() => undefined))
  onTestFinished(() => close(server))
  return urlOf(server)
}

const listen = (server: Server) =>
  new Promise<Server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const close = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
