import { expect, it } from 'vitest'
import { catchUp, missedOpen, open } from '../../src/flow/open.ts'
import type { Notice } from '../../src/flow/ports.ts'
import type { FactOrder } from '../../src/flow/ports-store.ts'
import { testVault } from '../support/builders.ts'
import { aPartnerLink, inMs, NOON } from '../support/fakes.ts'

const aNotice = (wish: Partial<Notice> = {}): Notice => ({
  key: 'link.opened:link-1',
  type: 'link.opened',
  occurredAt: NOON,
  linkId: 'link-1',
  referenceId: 'user_1',
  openedAt: NOON,
  operationId: null,
  dataRequestId: null,
  url: null,
  expiresAt: null,
  userAgent: null,
  requiredFields: [],
  raw: '{"secret": "link-1"}',
  ...wish,
})

function stage(answer = { fresh: true, touched: ['a', 'b'] }) {
  const log: string[] = []
  const facts: FactOrder[] = []
  const ports = {
    facts: {
      async record(fact: FactOrder) {
        log.push('record')
        facts.push(fact)
        return answer
      },
      applyLate: async () => [],
    },
    stops: {
      async fence(ids: string[]) {
        log.push(`fence ${ids}`)
      },
    },
    vault: testVault,
  }
  return { ports, log, facts }
}

it('stores the notice, and answers only when no step of what it opened may start any more', async () => {
  const { ports, log } = stage()

  const answer = await open(ports, aNotice())

  expect(log).toEqual(['record', 'fence a,b'])
  expect(answer).toEqual({ fresh: true, touched: ['a', 'b'] })
})

it('waits for nothing when it ended no plan', async () => {
  const { ports, log } = stage({ fresh: false, touched: [] })

  await open(ports, aNotice())

  expect(log).toEqual(['record'])
})

it('keeps the link out of everything but the sealed text', async () => {
  const { ports, facts } = stage()

  await open(ports, aNotice({ dataRequestId: 'request-1', requiredFields: ['curp'], operationId: 'op-1' }))

  expect(facts[0]).toMatchObject({
    keyHash: testVault.lookup('notice', 'link.opened:link-1'),
    linkLookups: testVault.lookups('link', 'link-1'),
    data: {
      event: 'link.opened',
      operationId: 'op-1',
      dataRequestId: 'request-1',
      requiredFields: ['curp'],
      referenceId: 'user_1',
    },
  })
  expect(JSON.stringify({ ...facts[0], raw: '' })).not.toContain('link-1')
})

it('looks up no link where the notice names none', async () => {
  const { ports, facts } = stage()

  await open(ports, aNotice({ linkId: null, openedAt: null, type: 'user.data_request' }))

  expect(facts[0]).toMatchObject({ linkLookups: [], openedAt: null })
})

it('takes an open that the partner told when asked for the same fact as its notice', async () => {
  const { ports, facts, log } = stage()
  const openedAt = inMs(NOON, -60_000)

  await missedOpen(ports, aPartnerLink({ linkId: 'link-1', status: 'opened', openedAt }), NOON)

  expect(facts[0]?.keyHash).toEqual(testVault.lookup('notice', 'link.opened:link-1'))
  expect(facts[0]).toMatchObject({ type: 'link.opened', openedAt, occurredAt: openedAt })
  expect(facts[0]?.linkLookups).toEqual(testVault.lookups('link', 'link-1'))
  expect(log).toEqual(['record', 'fence a,b'])
})

it('dates an open without a time to now', async () => {
  const { ports, facts } = stage()

  await missedOpen(ports, aPartnerLink({ status: 'opened' }), NOON)

  expect(facts[0]?.openedAt).toEqual(NOON)
})

it('makes no open of a link that was not opened', async () => {
  const { ports, log } = stage()

  const answer = await missedOpen(ports, aPartnerLink(), NOON)

  expect(answer).toEqual({ fresh: false, touched: [] })
  expect(log).toEqual([])
})

const opened = (linkId: string) => aPartnerLink({ linkId, status: 'opened', openedAt: inMs(NOON, -60_000) })

it('applies what the partner says was opened while nobody listened, as its webhooks would have been', async () => {
  const { ports, facts } = stage()
  const asked: Date[] = []
  const partner = {
    async openedSince(from: Date) {
      asked.push(from)
      return { kind: 'ok' as const, value: [opened('link-1'), opened('link-2')] }
    },
  }

  const known = await catchUp({ ...ports, partner }, NOON)

  expect(known).toBe(true)
  expect(asked).toEqual([inMs(NOON, -7 * 24 * 3_600_000)])
  expect(facts.map(({ type, openedAt }) => [type, openedAt])).toEqual([
    ['link.opened', inMs(NOON, -60_000)],
    ['link.opened', inMs(NOON, -60_000)],
  ])
})

it('does not know when the partner cannot be asked', async () => {
  const { ports, facts } = stage()
  const partner = { openedSince: async () => ({ kind: 'shut' as const, code: 'PARTNER_SUSPENDED' }) }

  expect(await catchUp({ ...ports, partner }, NOON)).toBe(false)
  expect(facts).toEqual([])
})
