import { describe, expect, it } from 'vitest'
import { aFact } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store } = house

describe('a stop', () => {
  it('ends what runs, with its reason, and says how many messages it stopped', async () => {
    const { id } = await house.accept()

    const stopped = await store.stops.stop([id], 'cancelled', 'paid by phone')

    expect(stopped).toEqual([{ id, stopped: 3 }])
    expect(await house.dispatch(id)).toMatchObject({ status: 'cancelled', reason: 'paid by phone' })
    expect((await house.dispatch(id))['ended_at']).toBeInstanceOf(Date)
    expect((await house.events(id)).toSorted()).toEqual([
      'dispatch.accepted',
      'dispatch.cancelled',
      'reminder.skipped',
      'reminder.skipped',
    ])
  })

  it('of what has ended already does nothing', async () => {
    const { work, link } = await house.handed()
    await store.facts.record(aFact({ linkId: link.linkId }))
    const before = await house.dispatch(work.dispatchId)

    const stopped = await store.stops.stop([work.dispatchId], 'cancelled', null)

    expect(stopped).toEqual([])
    expect(await house.dispatch(work.dispatchId)).toEqual(before)
  })

  it('leaves a step that is claimed to its worker', async () => {
    const { work } = await house.claimed()

    await store.stops.stop([work.dispatchId], 'cancelled', null)

    expect(await house.step(work.dispatchId)).toMatchObject({ status: 'claimed' })
    expect(await house.step(work.dispatchId, 2)).toMatchObject({ status: 'skipped' })
  })

  it('happens once though several ask for it at the same time', async () => {
    const { id } = await house.accept()
    const other = house.another()

    const answers = await Promise.all(
      [store, other, store].map((process) => process.stops.stop([id], 'cancelled', null)),
    )

    expect(answers.flat()).toEqual([{ id, stopped: 3 }])
    expect((await house.events(id)).filter((type) => type === 'dispatch.cancelled')).toHaveLength(1)
  })
})

describe('a recipient', () => {
  it('is known by its dispatches, and they by it', async () => {
    const first = await house.accept()
    const second = await house.accept({ referenceId: first.referenceId, ifActive: 'join' })
    const third = await house.accept({ referenceId: first.referenceId, ifActive: 'join' })
    await store.stops.stop([second.id], 'cancelled', null)

    expect(await store.stops.runningOf(first.referenceId)).toEqual([first.id, third.id])
    expect(await store.stops.referenceOf(second.id)).toBe(first.referenceId)
  })
})
