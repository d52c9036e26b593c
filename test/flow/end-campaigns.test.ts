import { expect, it } from 'vitest'
import { endCampaigns } from '../../src/flow/end-campaigns.ts'
import type { CarriedLink } from '../../src/flow/ports-store.ts'
import { HOUR } from '../support/builders.ts'
import { aStoredLink, fakeLinks, fakePartner, inMs, NOON, type PartnerWish } from '../support/fakes.ts'

interface World {
  open?: string[]
  revokeLinks?: boolean
  carried?: Partial<CarriedLink>
  answers?: PartnerWish
  random?: number
}

async function ended({ open = ['a', 'b'], revokeLinks = false, carried, answers = {}, random = 0 }: World) {
  const log: string[] = []
  const { partner } = fakePartner({ ...answers, log })
  const link: CarriedLink = {
    ...aStoredLink({ expiresAt: inMs(NOON, HOUR) }),
    status: 'active',
    origin: 'created',
    operationId: null,
    ...carried,
  }
  const stopped: string[][] = []
  const given: string[] = []
  const more = await endCampaigns({
    launches: {
      leaveOut: async () => 0,
      finish: async () => [],
      giveTurn: async (ids) => void given.push(...ids),
      toCancel: async (limit) =>
        open.slice(0, limit).map((id) => ({ id, campaignId: 'campaign', revokeLinks, reason: null })),
    },
    stops: {
      async stop(ids) {
        log.push('stop')
        stopped.push(ids)
        return ids.map((id) => ({ id, stopped: 1 }))
      },
      fence: async () => void log.push('fence'),
      fenceAll: async () => undefined,
      runningOf: async () => [],
      referenceOf: async () => 'user_1',
    },
    links: fakeLinks({ carried: [link] }).links,
    partner,
    now: () => NOON,
    random: () => random,
  })
  return { more, log, stopped, given }
}

const many = Array.from({ length: 700 }, (_, i) => `d${i}`)
const silent: PartnerWish = { revokeLink: { kind: 'unclear', reason: 'timeout' } }

it('ends what is open of a cancelled campaign, 500 at a time', async () => {
  const { stopped, more } = await ended({ open: many })

  expect(stopped).toEqual([many.slice(0, 500)])
  expect(more).toBe(true)
})

it('takes links back before their dispatch ends, so that nobody who dies in between leaves one behind', async () => {
  const { log, given } = await ended({ open: ['a'], revokeLinks: true })

  expect(log).toEqual(['fence', 'operation?', 'revoke', 'stop', 'fence'])
  expect(given).toEqual(['campaign'])
})

it('leaves a dispatch open whose link the partner says nothing of, and lets another campaign come first', async () => {
  const { stopped, more, given } = await ended({ revokeLinks: true, answers: silent })

  expect([stopped, more, given]).toEqual([[], false, []])
})

it('asks nothing about links that are dead', async () => {
  const { log } = await ended({ open: ['a'], revokeLinks: true, carried: { expiresAt: NOON }, answers: silent })

  expect(log).toEqual(['fence', 'stop', 'fence'])
})

it('begins anywhere, so that links without an answer do not stand in the way of the others', async () => {
  const { stopped } = await ended({ open: many, revokeLinks: true, random: 0.999 })

  expect(stopped).toEqual([many.slice(480, 500)])
})
