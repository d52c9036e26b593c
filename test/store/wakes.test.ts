import { expect, it, onTestFinished } from 'vitest'
import { makeWakes, type Wakes, type WakeTopic } from '../../src/store/wakes.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { pool, rows } = house

it('wakes every process, the waking one at once', async () => {
  const [here, there] = [await open(), await open()]
  const heard = [next(here, 'pump'), next(there, 'pump')]
  let local = false
  here.on('pump', () => {
    local = true
  })

  here.wake('pump')

  expect(local).toBe(true)
  await Promise.all(heard)
})

it('keeps topics apart, and stops telling who does not listen any more', async () => {
  const [here, there] = [await open(), await open()]
  const heard: string[] = []
  there.on('events', () => heard.push('events'))
  const off = there.on('pump', () => heard.push('pump, though it was off'))
  off()
  const done = next(there, 'clock')

  here.wake('pump')
  here.wake('clock')
  await done

  expect(heard).toEqual([])
})

it('listens again after its connection was cut, and tells everybody to look', async () => {
  const errors: Error[] = []
  const there = await open((error) => errors.push(error))
  const here = await open(() => undefined)
  const looked = next(there, 'pump')

  await rows(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'link-dispatcher wakes' and datname = current_database()",
  )
  await looked
  const heard = next(there, 'events')
  here.wake('events')
  await heard

  expect(errors.length).toBeGreaterThan(0)
})

it('says nothing after it was closed', async () => {
  const [here, there] = [await open(), await open()]
  let heard = 0
  there.on('pump', () => heard++)
  await there.close()
  const done = next(here, 'pump')

  here.wake('pump')
  await done

  expect(heard).toBe(0)
})

async function open(onError = (error: Error): void => expect.fail(error.message)): Promise<Wakes> {
  const wakes = await makeWakes(pool, house.url, onError)
  onTestFinished(() => wakes.close())
  return wakes
}

const next = (wakes: Wakes, topic: WakeTopic) => new Promise<void>((resolve) => wakes.on(topic, resolve))
