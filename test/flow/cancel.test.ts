import { describe, expect, it } from 'vitest'
import { cancel } from '../../src/flow/cancel.ts'
import type { CarriedLink } from '../../src/flow/ports-store.ts'
import { aStoredLink, fakeLinks, fakePartner, ok, type PartnerWish } from '../support/fakes.ts'

const carried = (wish: Partial<CarriedLink> = {}): CarriedLink => ({
  ...aStoredLink(),
  status: 'active',
  origin: 'created',
  operationId: null,
  ...wish,
})

async function cancelled(links: CarriedLink[], revokeLinks = true, answers: PartnerWish = {}) {
  const log: string[] = []
  const partner = fakePartner({ ...answers, log })
  const store = fakeLinks({ carried: links })
  const stops = {
    async stop(ids: string[], status: string, reason: string | null) {
      log.push(`stop ${ids} ${status} ${reason}`)
      return ids.slice(0, 1).map((id) => ({ id, stopped: 3 }))
    },
    async fence(ids: string[]) {
      log.push(`fence ${ids}`)
    },
    fenceAll: async () => undefined,
    runningOf: async () => [],
    referenceOf: async () => 'user_1',
  }
  const ports = { stops, links: store.links, partner: partner.partner }
  const answer = await cancel(ports, { ids: ['a'], reason: 'asked', revokeLinks })
  return { ...answer, log, revoked: partner.revoked, marked: store.revoked }
}

it('stops the plan, and answers only when no step of it may start any more', async () => {
  const answer = await cancelled([carried()], false)

  expect(answer.log).toEqual(['stop a cancelled asked', 'fence a'])
  expect(answer.cancelled).toEqual(['a'])
  expect(answer.links).toEqual({ revoked: 0, keptForOperation: 0, unanswered: 0 })
})

it('takes links back only behind the fence', async () => {
  const { log } = await cancelled([carried()])

  expect(log).toEqual(['stop a cancelled asked', 'fence a', 'operation?', 'revoke'])
})

describe('a link that is to be taken back', () => {
  const unclear = { kind: 'unclear', reason: 'timeout' } as const

  it.each([
    ['is revoked', carried(), {}, { revoked: 1 }],
    ['is revoked when it was adopted', carried({ origin: 'adopted' }), {}, { revoked: 1 }],
    [
      'counts as revoked when the partner has it no more',
      carried(),
      { revokeLink: { kind: 'not_found' } },
      { revoked: 1 },
    ],
    ['is kept when we know of an operation', carried({ operationId: 'op-1' }), {}, { keptForOperation: 1 }],
    ['is kept when the partner knows of an operation', carried(), { hasOperation: ok(true) }, { keptForOperation: 1 }],
    ['is kept when the partner cannot say', carried(), { hasOperation: unclear }, { unanswered: 1 }],
    ['stays open when the revocation is unclear', carried(), { revokeLink: unclear }, { unanswered: 1 }],
    ["is left alone when it is the CRM's", carried({ origin: 'brought' }), {}, {}],
    ['is left alone when it was revoked before', carried({ status: 'revoked' }), {}, {}],
  ] as [string, CarriedLink, PartnerWish, object][])('%s', async (_, link, answers, count) => {
    const { links, marked } = await cancelled([link], true, answers)

    expect(links).toEqual({ revoked: 0, keptForOperation: 0, unanswered: 0, ...count })
    expect(marked).toEqual('revoked' in count ? [link.id] : [])
  })

  it('is one of several, each judged by itself', async () => {
    const { links, revoked } = await cancelled([carried({ operationId: 'op' }), carried({ linkId: 'free' })])

    expect(links).toEqual({ revoked: 1, keptForOperation: 1, unanswered: 0 })
    expect(revoked).toEqual(['free'])
  })
})
