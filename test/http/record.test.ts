import { expect, it } from 'vitest'
import { newUuid, showId } from '../../src/lib/id.ts'
import { aRecord } from '../support/records.ts'
import { makeHouse } from './kit.ts'

function houseWithRecord() {
  const house = makeHouse()
  const record = aRecord((facts) => facts, { id: showId('dsp', newUuid()) })
  house.has.records.push(record)
  return { ...house, record, path: `/v1/dispatches/${record.dispatch.id}/record` }
}

it('a record is answered whole to a key that may read', async () => {
  const { knock, record, path } = houseWithRecord()

  const { status, body } = await knock('key-read').get(path)

  expect(status).toBe(200)
  expect(body).toEqual(record)
})

it.each([
  ['a key that may only send', 'key-send', (path: string) => path, 403],
  ['an id that is none', 'key-read', (path: string) => path.replace('dsp_', 'lnk_'), 404],
  ['an id of nothing', 'key-read', () => `/v1/dispatches/${showId('dsp', newUuid())}/record`, 404],
])('a record is not shown for %s', async (_, key, pathOf, status) => {
  const { knock, path } = houseWithRecord()

  const answer = await knock(key).get(pathOf(path))

  expect(answer.status).toBe(status)
})
