import { expect, it } from 'vitest'
import { showId } from '../../src/lib/id.ts'
import { openHouse } from '../support/house.ts'
import { openOutside } from '../support/outside.ts'
import { freshDatabase } from '../support/postgres.ts'
import { type Left, leftBehind, leftSuppressed, previousDatabase } from '../support/previous-release.ts'
import { withClient } from '../support/queues.ts'

const migrated = async () => {
  const { url } = await freshDatabase()
  await withClient(url, (client) => client.query("insert into app.world (kind) values ('test')"))
  return url
}

it.each([
  ['on its own schema, which is then migrated', previousDatabase],
  ['beside this one, on the new schema', migrated],
])('goes on with what the previous release wrote %s', async (_, openDatabase) => {
  const outside = await openOutside()
  const url = await openDatabase()
  const leave = (dispatch: string, first: string, due: { firstDueMs?: number; reminderDueMs?: number } = {}) =>
    leftBehind(url, outside.env, { dispatch, first, ...due })
  const left = {
    waiting: await leave('accepted', 'pending', { firstDueMs: 3_600_000 }),
    due: await leave('accepted', 'pending'),
    queued: await leave('accepted', 'queued'),
    claimed: await leave('accepted', 'claimed'),
    unclear: await leave('accepted', 'ambiguous'),
    reminded: await leave('sent', 'handed', { reminderDueMs: -1_000 }),
    remindedLater: await leave('sent', 'handed', { reminderDueMs: 3_600_000 }),
    opened: await leave('opened', 'handed', { reminderDueMs: -1_000 }),
    stopped: await leave('accepted', 'pending'),
  }
  await leftSuppressed(url, outside.env, left.stopped.contact.phone)

  const house = await openHouse({ outside, databaseUrl: url })
  await house.settled()

  const found = await Promise.all(
    Object.entries(left).map(async ([name, one]) => [name, house.inbox(one).length, ...(await statesOf(one))]),
  )
  async function statesOf({ id }: Left) {
    const { status, steps } = await house.get(showId('dsp', id))
    return [status, steps[0].status, steps[1].status]
  }
  expect(found).toEqual([
    ['waiting', 0, 'accepted', 'pending', 'pending'],
    ['due', 1, 'sent', expect.stringMatching(/handed|delivered/), 'pending'],
    ['queued', 1, 'sent', expect.stringMatching(/handed|delivered/), 'pending'],
    // Nobody knows how far its worker came: asked about, and written off after ten minutes.
    ['claimed', 0, 'accepted', 'ambiguous', 'pending'],
    ['unclear', 0, 'sent', 'handed', 'pending'],
    ['reminded', 1, 'sent', 'handed', expect.stringMatching(/handed|delivered/)],
    ['remindedLater', 0, 'sent', 'handed', 'pending'],
    ['opened', 0, 'opened', 'handed', 'skipped'],
    ['stopped', 0, 'suppressed', 'skipped', 'skipped'],
  ])
})
