import { expect, it } from 'vitest'
import { phoneHash, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { replies, changes } = house.store

const PHONE = '+15125560001'
const keep = (text: string, dispatchId: string | null = null) =>
  replies.keep({ keyHash: phoneHash(unique('key')), hash: phoneHash(PHONE), dispatchId, text })
const aPerson = () =>
  house.accept({ person: { contact: { phone: PHONE }, variables: {}, metadata: null }, ifActive: 'join' })

it('reads what was kept, newest first, and on from a cursor', async () => {
  await keep('first')
  await keep('second')
  await keep('third')

  const [third, second, ...more] = await replies.list(null, 2)
  const rest = await replies.list(second?.id ?? null, 2)

  expect([third?.text, second?.text, more.length]).toEqual(['third', 'second', 0])
  expect(rest.map(({ text }) => text)).toEqual(['first'])
})

it('knows the number as long as the dispatch has it', async () => {
  const { id } = await aPerson()
  await keep('is this you?', id)
  const [before] = await replies.list(null, 1)
  await changes.change({ id, contact: { phone: '+15125560002' }, channels: null, locale: null, timeZone: null }, false)
  const [after] = await replies.list(null, 1)

  expect(before).toMatchObject({ text: 'is this you?', dispatchId: id, phone: PHONE })
  expect(after).toMatchObject({ text: 'is this you?', dispatchId: id, phone: null })
})

it('keeps a text of somebody nobody wrote to', async () => {
  await keep('who are you?')

  expect((await replies.list(null, 1))[0]).toMatchObject({ text: 'who are you?', dispatchId: null, phone: null })
})
