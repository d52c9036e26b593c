import { beforeEach, expect, it } from 'vitest'
import { newUuid } from '../../src/lib/id.ts'
import { aClaim, aLink, aSettlement, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { takeBacks } = house.store
const NOTHING = { revoked: 0, keptForOperation: 0, unanswered: 0 }
let template = ''
let ids: string[] = []

const begin = (revokeLinks = true) => takeBacks.begin({ id: newUuid(), template, revokeLinks, by: 'test' })

/** Somebody who got these words, if the provider took them. */
async function got(words: string, outcome: 'accepted' | 'permanent' = 'accepted'): Promise<string> {
  const work = await house.working()
  const [attempt] = aClaim(work, { fresh: aLink() }).attempts
  if (!attempt) throw new Error('a claim has an attempt')
  const attempts = [{ ...attempt, template: words }]
  await house.store.deliveries.claim(aClaim(work, { fresh: aLink() }, { attempts }))
  const result = { n: attempt.n, outcome, reason: null, providerId: null }
  await house.store.deliveries.settle(aSettlement(work, { attempts: [result] }))
  return work.dispatchId
}

beforeEach(async () => {
  await house.rows('delete from take_back')
  template = `${unique('words')}@1`
  ids = [await got(template), await got(template), await got(template)]
})

it('goes through everybody who got it, a page at a time, and ends', async () => {
  await got(template, 'permanent')
  await got('other@1')
  await begin()

  const first = await takeBacks.takeTurn(2)
  await takeBacks.moveOn(first?.id ?? '', first?.ids ?? [], { ...NOTHING, revoked: 2 })
  const second = await takeBacks.takeTurn(2)
  await takeBacks.moveOn(second?.id ?? '', second?.ids ?? [], { ...NOTHING, keptForOperation: 1 })
  const third = await takeBacks.takeTurn(2)
  await takeBacks.end(third?.id ?? '')

  expect([first?.ids, second?.ids, third?.ids]).toEqual([ids.slice(0, 2), ids.slice(2), []])
  expect(await takeBacks.one(template)).toMatchObject({
    ...{ status: 'done', people: 3, done: 3, endedAt: expect.any(Date) },
    links: { revoked: 2, keptForOperation: 1, unanswered: 0 },
  })
})

it('is one process’s at a time, and the next one’s where that died', async () => {
  await begin()
  const mine = await takeBacks.takeTurn(2)

  const theirs = await house.another().takeBacks.takeTurn(2)
  await house.rows("update take_back set turn_until = clock_timestamp() - interval '1 second'")
  const later = await house.another().takeBacks.takeTurn(2)

  expect([mine?.ids, theirs, later?.ids]).toEqual([ids.slice(0, 2), null, ids.slice(0, 2)])
})

it('begins again in a minute where the partner did not answer', async () => {
  await begin()
  const turn = await takeBacks.takeTurn(5)
  await takeBacks.moveOn(turn?.id ?? '', ids, { revoked: 2, keptForOperation: 0, unanswered: 1 })

  await takeBacks.end(turn?.id ?? '')

  expect(await takeBacks.takeTurn(5)).toBeNull()
  expect(await takeBacks.one(template)).toMatchObject({ status: 'running', done: 0, links: { revoked: 2 } })
  await house.rows("update take_back set turn_until = clock_timestamp() - interval '1 second'")
  expect(await takeBacks.takeTurn(5)).toMatchObject({ ids })
})

it('asked for once more it goes on as it is, and begins again only when it is done', async () => {
  await begin()
  const turn = await takeBacks.takeTurn(2)
  await takeBacks.moveOn(turn?.id ?? '', turn?.ids ?? [], { ...NOTHING, revoked: 2 })

  await begin()
  const running = await takeBacks.one(template)
  await takeBacks.end(turn?.id ?? '')
  await begin()

  expect(running).toMatchObject({ done: 2, links: { revoked: 2 } })
  expect(await takeBacks.one(template)).toMatchObject({ status: 'running', done: 0, links: { revoked: 0 } })
})

it('without links to revoke it is done at once, and says how many got it', async () => {
  await begin(false)

  expect(await takeBacks.takeTurn(5)).toBeNull()
  expect(await takeBacks.one(template)).toMatchObject({ status: 'done', people: 3, revokeLinks: false })
})
