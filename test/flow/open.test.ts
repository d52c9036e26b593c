import { expect, it } from 'vitest'
import type { Suspicion } from '../../src/domain/suspicion.ts'
import { catchUp, missedOpen, open } from '../../src/flow/open.ts'
import type { Notice } from '../../src/flow/ports.ts'
import type { FactOrder, Recorded } from '../../src/flow/ports-facts.ts'
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

function stage(answer: Recorded = { fresh: true, touched: ['a', 'b'], suspect: null }) {
  const log: string[] = []
  const facts: FactOrder[] = []
  const counted: (Suspicion | null)[] = []
  const ports = {
    facts: {
      async record(fact: FactOrder) {
        log.push('record')
        facts.push(fact)
        return answer
      },
      async fenced() {
        log.push('note')
      },
      applyLate: async () => [],
    },
    stops: {
      async fence(ids: string[]) {
        log.push(`fence ${ids}`)
      },
    },
    vault: testVault,
    isScanner: (userAgent: string) => userAgent === 'Gatekeeper/1.0',
    opened: (suspect: Suspicion | null) => void counted.push(suspect),
  }
  return { ports, log, facts, counted }
}

it('stores the notice, and answers only when no step of what it opened may start any more', async () => {
  const { ports, log } = stage()

  const answer = await open(ports, aNotice())

  expect(log).toEqual(['record', 'fence a,b', 'note'])
  expect(answer).toMatchObject({ fresh: true, touched: ['a', 'b'] })
})

it('waits for nothing when it ended no plan', async () => {
  const { ports, log } = stage({ fresh: false, touched: [], suspect: null })

  await open(ports, aNotice())

  expect(log).toEqual(['record', 'note'])
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
  expect(log).toEqual(['record', 'fence a,b', 'note'])
})

it.each([
  ['Gatekeeper/1.0', 'scanner'],
  ['Safari', null],
  [null, null],
])('takes an open by %s for %s', async (userAgent, suspect) => {
  const { ports, facts } = stage()

  await open(ports, aNotice({ userAgent }))

  expect(facts[0]).toMatchObject({ suspect })
})

it('suspects nobody who began a transfer', async () => {
  const { ports, facts, counted } = stage()

  await open(ports, aNotice({ type: 'operation.created', operationId: 'op-1', userAgent: 'Gatekeeper/1.0' }))

  expect(facts[0]).toMatchObject({ suspect: null })
  expect(counted).toEqual([])
})

it('counts each open once, as it was judged', async () => {
  const first = stage({ fresh: true, touched: [], suspect: 'too_fast' })
  const copy = stage({ fresh: false, touched: [], suspect: 'too_fast' })

  await open(first.ports, aNotice())
  await open(copy.ports, aNotice())

  expect([first.counted, copy.counted]).toEqual([['too_fast'], []])
})

it('takes a transfer that the partner told when asked for the notice of it: it proves a person', async () => {
  const { ports, facts } = stage()

  await missedOpen(ports, aPartnerLink({ linkId: 'link-1', status: 'opened', operationId: 'op-1' }), NOON)

  expect(facts.map(({ keyHash, type, operationId }) => [keyHash, type, operationId])).toEqual([
    [testVault.lookup('notice', 'link.opened:link-1'), 'link.opened', null],
    [testVault.lookup('notice', 'operation.created:op-1'), 'operation.created', 'op-1'],
  ])
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
