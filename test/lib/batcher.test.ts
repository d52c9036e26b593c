import { describe, expect, it } from 'vitest'
import { makeBatcher } from '../../src/lib/batcher.ts'

/** A `run` that keeps every batch it was given until the test answers it. */
function byHand() {
  const batches: { items: string[]; answer(): void; fail(error: unknown): void }[] = []
  const arrivals: (() => void)[] = []
  return {
    batches,
    items: () => batches.map((batch) => batch.items),
    run: (items: string[]) =>
      new Promise<string[]>((resolve, reject) => {
        batches.push({ items, answer: () => resolve(items.map((item) => item.toUpperCase())), fail: reject })
        for (const arrived of arrivals.splice(0)) arrived()
      }),
    /** Resolves when `run` has been called `count` times. */
    async called(count: number) {
      while (batches.length < count) await new Promise<void>((resolve) => arrivals.push(resolve))
    },
  }
}

describe('a batcher', () => {
  it('answers each caller with its own answer', async () => {
    const ask = makeBatcher(async (items: number[]) => items.map((item) => item * 10))

    const answers = await Promise.all([ask(3), ask(1), ask(2)])

    expect(answers).toEqual([30, 10, 20])
  })

  it('lets callers of one turn of the event loop share a batch', async () => {
    const hand = byHand()
    const ask = makeBatcher(hand.run)

    const all = [ask('a'), ask('b'), ask('c')]
    await hand.called(1)
    hand.batches[0]?.answer()

    expect(await Promise.all(all)).toEqual(['A', 'B', 'C'])
    expect(hand.items()).toEqual([['a', 'b', 'c']])
  })

  it('collects while its lane is busy, and goes on with what it has collected', async () => {
    const hand = byHand()
    const ask = makeBatcher(hand.run)

    const first = ask('a')
    await hand.called(1)
    const later = [ask('b'), ask('c')]
    hand.batches[0]?.answer()
    await hand.called(2)
    hand.batches[1]?.answer()

    expect(await Promise.all([first, ...later])).toEqual(['A', 'B', 'C'])
    expect(hand.items()).toEqual([['a'], ['b', 'c']])
  })

  it('has as many batches under way as it has lanes, and no more', async () => {
    const hand = byHand()
    const ask = makeBatcher(hand.run, { lanes: 2, max: 1 })

    const all = [ask('a'), ask('b'), ask('c')]
    await hand.called(2)
    const underWay = hand.items()
    for (const batch of hand.batches) batch.answer()
    await hand.called(3)
    hand.batches[2]?.answer()
    await Promise.all(all)

    expect(underWay).toEqual([['a'], ['b']])
  })

  it('puts no more into a batch than it may, and starves nobody', async () => {
    const sizes: number[] = []
    const ask = makeBatcher(
      async (items: number[]) => {
        sizes.push(items.length)
        return items
      },
      { max: 100 },
    )
    const all = Array.from({ length: 1_050 }, (_, i) => i)

    const answers = await Promise.all(all.map(ask))

    expect(answers).toEqual(all)
    expect(sizes).toEqual([...Array.from({ length: 10 }, () => 100), 50])
  })

  it('serves the first comer before those who keep coming', async () => {
    const hand = byHand()
    const ask = makeBatcher(hand.run, { max: 1 })

    const all = [ask('a'), ask('b')]
    await hand.called(1)
    all.push(ask('c'))
    hand.batches[0]?.answer()
    await hand.called(2)
    all.push(ask('d'))
    hand.batches[1]?.answer()
    await hand.called(3)
    hand.batches[2]?.answer()
    await hand.called(4)
    hand.batches[3]?.answer()
    await Promise.all(all)

    expect(hand.items()).toEqual([['a'], ['b'], ['c'], ['d']])
  })
})

describe('items that share a mark', () => {
  const firstLetter = (item: string) => [item.slice(0, 1)]

  it('never travel in one batch, and keep their order', async () => {
    const hand = byHand()
    const ask = makeBatcher(hand.run, { marks: firstLetter })

    const all = [ask('a1'), ask('a2'), ask('b1'), ask('a3')]
    await hand.called(1)
    hand.batches[0]?.answer()
    await hand.called(2)
    hand.batches[1]?.answer()
    await hand.called(3)
    hand.batches[2]?.answer()

    expect(await Promise.all(all)).toEqual(['A1', 'A2', 'B1', 'A3'])
    expect(hand.items()).toEqual([['a1', 'b1'], ['a2'], ['a3']])
  })

  it('may be under way in two lanes at once', async () => {
    const hand = byHand()
    const ask = makeBatcher(hand.run, { marks: firstLetter, lanes: 2 })

    const all = [ask('a1'), ask('a2')]
    await hand.called(2)
    for (const batch of hand.batches) batch.answer()

    expect(await Promise.all(all)).toEqual(['A1', 'A2'])
    expect(hand.items()).toEqual([['a1'], ['a2']])
  })
})

describe('a batch that fails', () => {
  const bad = new Error('bad')
  const refusesBad = async (items: string[]) => {
    if (items.includes('bad')) throw bad
    return items
  }

  it('is taken apart when nothing of it was done, so that only the culprit hears of it', async () => {
    const ask = makeBatcher(refusesBad, { divisible: () => true })

    const answers = await Promise.allSettled([ask('a'), ask('bad'), ask('b')])

    expect(answers).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: bad },
      { status: 'fulfilled', value: 'b' },
    ])
  })

  it('fails for all when nobody knows what was done', async () => {
    const calls: string[][] = []
    const ask = makeBatcher(
      (items: string[]) => {
        calls.push(items)
        return refusesBad(items)
      },
      { divisible: () => false },
    )

    const answers = await Promise.allSettled([ask('a'), ask('bad')])

    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(calls).toEqual([['a', 'bad']])
  })

  it('leaves its lane free for the next', async () => {
    const ask = makeBatcher(refusesBad)
    await expect(ask('bad')).rejects.toThrow(bad)

    const answer = await ask('a')

    expect(answer).toBe('a')
  })
})
