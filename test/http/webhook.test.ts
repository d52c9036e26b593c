import supertest from 'supertest'
import { describe, expect, it } from 'vitest'
import type { Notice } from '../../src/flow/ports.ts'
import { makeHouse, NOW } from './kit.ts'

const NOTICE: Notice = {
  key: 'link.opened:link_secret',
  type: 'link.opened',
  occurredAt: NOW,
  linkId: 'link_secret',
  referenceId: 'user_1',
  openedAt: NOW,
  operationId: null,
  dataRequestId: null,
  url: null,
  expiresAt: null,
  userAgent: null,
  requiredFields: [],
  raw: '{}',
}

describe('POST /webhooks/m2m', () => {
  it('needs no key of ours, and hands on the raw bytes and headers', async () => {
    const read: { raw: string; event: unknown }[] = []
    const { app, seen } = makeHouse((ports) => ({
      ...ports,
      notices: {
        read(raw, headers) {
          read.push({ raw: raw.toString(), event: headers['x-m2m-event'] })
          return { ok: true, notice: NOTICE, stale: false }
        },
      },
    }))
    const raw = '{ "event" :"link.opened" }\n'

    const { status, text } = await supertest(app)
      .post('/webhooks/m2m')
      .set('Content-Type', 'text/plain')
      .set('X-M2M-Event', 'link.opened')
      .send(raw)

    expect([status, text]).toEqual([204, ''])
    expect(read).toEqual([{ raw, event: 'link.opened' }])
    expect(seen.webhooks).toEqual(['applied'])
  })

  it('is answered only after everything it stops has stopped', async () => {
    const order: string[] = []
    const { app, has } = makeHouse((ports) => ({
      ...ports,
      facts: { ...ports.facts, record: async () => ({ fresh: true, touched: ['a'], suspect: null }) },
      stops: {
        ...ports.stops,
        async fence(ids) {
          order.push(`fence ${ids}`)
        },
      },
    }))
    has.reading = { ok: true, notice: NOTICE, stale: false }

    await supertest(app).post('/webhooks/m2m').send({})
    order.push('answered')

    expect(order).toEqual(['fence a', 'answered'])
  })

  it.each(['no_signature', 'bad_signature', 'bad_body', 'event_mismatch'] as const)(
    'with %s is 401 and nothing else happens',
    async (reason) => {
      const recorded: unknown[] = []
      const { app, has, seen } = makeHouse((ports) => ({
        ...ports,
        facts: {
          ...ports.facts,
          async record(fact) {
            recorded.push(fact)
            return { fresh: true, touched: [], suspect: null }
          },
        },
      }))
      has.reading = { ok: false, reason }

      const { status, body } = await supertest(app).post('/webhooks/m2m').send({})

      expect([status, body.code]).toEqual([401, 'bad_signature'])
      expect(recorded).toEqual([])
      expect(seen.webhooks).toEqual(['refused'])
    },
  )

  it('that comes late or twice is taken and counted', async () => {
    const { app, has, seen } = makeHouse((ports) => ({
      ...ports,
      facts: { ...ports.facts, record: async () => ({ fresh: false, touched: [], suspect: null }) },
    }))
    has.reading = { ok: true, notice: NOTICE, stale: true }

    const { status } = await supertest(app).post('/webhooks/m2m').send({})

    expect(status).toBe(204)
    expect(seen.stale).toBe(1)
    expect(seen.webhooks).toEqual(['repeated'])
  })

  it('is to be sent again when the database is away', async () => {
    const { app, has, seen } = makeHouse((ports) => ({
      ...ports,
      facts: {
        ...ports.facts,
        record: async () => {
          throw Object.assign(new Error('terminating connection'), { code: '57P01' })
        },
      },
    }))
    has.reading = { ok: true, notice: NOTICE, stale: false }

    const { status, body, headers } = await supertest(app).post('/webhooks/m2m').send({})

    expect([status, body.code, headers['retry-after']]).toEqual([503, 'unavailable', '1'])
    expect(seen.webhooks).toEqual(['failed'])
  })

  it('leaves no id in the log', async () => {
    const { app, has, seen } = makeHouse()
    has.reading = { ok: true, notice: NOTICE, stale: false }

    await supertest(app).post('/webhooks/m2m?linkId=link_secret').send({ linkId: 'link_secret' })

    expect(seen.log.join('')).toContain('/webhooks/m2m')
    expect(seen.log.join('')).not.toContain('secret')
  })

  it('of more than 256 KB is refused', async () => {
    const { app } = makeHouse()

    const { status } = await supertest(app)
      .post('/webhooks/m2m')
      .send({ pad: 'x'.repeat(262_144) })

    expect(status).toBe(413)
  })
})
