import { describe, expect, it } from 'vitest'
import type { Work } from '../../src/flow/ports-deliver.ts'
import { aClaim, aQuestion, aSettlement, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, pool } = house

const caps = { perDay: 1, perWeek: null }
const commercial = { category: 'commercial' } as const
const accepted = (n: number) => ({ n, outcome: 'accepted' as const, reason: null, providerId: unique('SM') })
const refused = (n: number) => ({ n, outcome: 'permanent' as const, reason: 'unknown_number', providerId: null })
/** The stop facts of a claimed step, where a cap of one message a day applies. */
const factOf = ({ work, link }: { work: Work; link: { id: string } }) =>
  store.deliveries.stopFact(aQuestion(work, link.id, { caps }))

describe('what a person got lately', () => {
  it('is told with the work of a message that may be one too many', async () => {
    const referenceId = unique('user')
    const before = await house.claimed({ referenceId })
    await store.deliveries.settle(aSettlement(before.work, { attempts: [accepted(1)] }))

    const work = await house.working({ referenceId, ifActive: 'join', ...commercial })

    expect(work.sentBefore).toHaveLength(1)
  })

  it('is not looked up for a first transactional message', async () => {
    const referenceId = unique('user')
    const before = await house.claimed({ referenceId })
    await store.deliveries.settle(aSettlement(before.work, { attempts: [accepted(1)] }))

    const work = await house.working({ referenceId, ifActive: 'join' })

    expect(work.sentBefore).toEqual([])
  })

  it('does not hold what a provider refused, another person, nor what is older than a week', async () => {
    const referenceId = unique('user')
    const old = await house.claimed({ referenceId })
    await store.deliveries.settle(aSettlement(old.work, { attempts: [accepted(1)] }))
    await pool.query("update attempt set claimed_at = claimed_at - interval '7 days 1 minute' where dispatch_id = $1", [
      old.work.dispatchId,
    ])
    const failed = await house.claimed({ referenceId, ifActive: 'join' })
    await store.deliveries.settle(aSettlement(failed.work, { to: 'failed', attempts: [refused(1)] }))
    await house.handed()

    const work = await house.working({ referenceId, ifActive: 'join', ...commercial })

    expect(work.sentBefore).toEqual([])
  })
})

describe('at the claim', () => {
  it('two messages to one person that were claimed together both see the other', async () => {
    const referenceId = unique('user')
    const one = await house.claimed({ referenceId })
    const other = await house.claimed({ referenceId, ifActive: 'join' })

    const facts = await Promise.all([factOf(one), factOf(other)])

    expect(facts).toEqual([{ kind: 'capped' }, { kind: 'capped' }])
  })

  it('several devices of one step are one message', async () => {
    const referenceId = unique('user')
    const work = await house.working({ referenceId })
    const { link } = await house.claimed({ referenceId: unique('user') })
    const attempt = aClaim(work, { stored: link }).attempts[0]!
    await store.deliveries.claim(aClaim(work, { stored: link }, { attempts: [attempt, { ...attempt, n: 2 }] }))

    expect(await factOf({ work, link })).toBeNull()
  })

  it('is not asked where no cap applies', async () => {
    const referenceId = unique('user')
    await house.claimed({ referenceId })
    const { work, link } = await house.claimed({ referenceId, ifActive: 'join' })

    expect(await store.deliveries.stopFact(aQuestion(work, link.id))).toBeNull()
  })
})
