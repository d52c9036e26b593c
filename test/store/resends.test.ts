import { expect, it } from 'vitest'
import { aKey, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { resends } = house.store

const anOrder = (id: string, key = aKey(unique('key'))) => ({
  id,
  channels: ['sms' as const],
  ...key,
  show: ({ n, kind, dueAt }: { n: number; kind: string; dueAt: Date | null }) =>
    JSON.stringify({ n, kind, due: dueAt !== null }),
})
const resendsOf = (id: string) => house.rows("select n from step where dispatch_id = $1 and kind = 'resend'", [id])

it('adds one step for all that ask at once with one key, and answers them the same', async () => {
  const { id } = await house.accept({ remindersAfterMs: [] })
  const order = anOrder(id)
  const other = house.another()

  const answers = await Promise.all([1, 2, 3, 4].map((i) => (i % 2 ? resends : other.resends).addOnce(order)))

  const kinds = answers.map(({ kind }) => kind)
  expect(kinds.toSorted()).toEqual(['made', 'replayed', 'replayed', 'replayed'])
  expect(new Set(answers.map((answer) => 'answer' in answer && answer.answer.body))).toEqual(
    new Set(['{"n":3,"kind":"resend","due":true}']),
  )
  expect(await resendsOf(id)).toHaveLength(1)
})

it('refuses a key that was used for something else', async () => {
  const { id } = await house.accept()
  const name = unique('key')
  await resends.addOnce(anOrder(id, aKey(name, 'one')))

  const answer = await resends.addOnce(anOrder(id, aKey(name, 'another')))

  expect(answer).toEqual({ kind: 'key_reused' })
  expect(await resendsOf(id)).toHaveLength(1)
})

it('forgets a key after a day', async () => {
  const { id } = await house.accept()
  const order = anOrder(id)
  await resends.addOnce(order)
  await house.rows("update idempotency set created_at = created_at - interval '25 hours' where key_hash = $1", [
    order.keyHash,
  ])

  const answer = await resends.addOnce(order)

  expect(answer).toMatchObject({ kind: 'made' })
  expect(await resendsOf(id)).toHaveLength(2)
})

it('leaves the key free when the step could not be added', async () => {
  const { id } = await house.accept()
  const order = anOrder(id)
  const failing = resends.addOnce({
    ...order,
    show() {
      throw new Error('not today')
    },
  })
  await expect(failing).rejects.toThrow('not today')

  const answer = await resends.addOnce(order)

  expect(answer).toMatchObject({ kind: 'made' })
  expect(await resendsOf(id)).toHaveLength(1)
})
