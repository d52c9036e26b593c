import { describe, expect, it, vi } from 'vitest'
import { tidy } from '../../src/store/tidy.ts'
import { HOUR, testVault, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { evergreen, changes } = house.store

const inHours = (hours: number) => new Date(Date.now() + hours * HOUR)
const hashOf = (code: string) => testVault.lookup('evergreen', code)

/** A dispatch that was sent with a code, and with a link that dies when the wish says. */
async function withCode(freshLink = {}) {
  const { work, link } = await house.handed({ freshLink })
  const another = async () => {
    const code = unique('code')
    await evergreen.keep({ hash: hashOf(code), dispatchId: work.dispatchId })
    return hashOf(code)
  }
  return { dispatchId: work.dispatchId, link, hash: await another(), another }
}
const dead = { expiresAt: inHours(-1) }
/** Whoever waits for a lock in this database. */
const WAITING = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
const find = (hash: Buffer) => evergreen.find([hash])
const lapse = (dispatchId: string, by: string) =>
  house.rows('update evergreen set asked_at = asked_at - $2::interval where dispatch_id = $1', [dispatchId, by])

describe('a code', () => {
  it('is none of ours unless it was kept', async () => {
    expect(await find(hashOf('nobody'))).toBeNull()
  })

  it('is found under an older look-up key too', async () => {
    const { hash, dispatchId } = await withCode()

    expect(await evergreen.find([hashOf('under the new key'), hash])).toMatchObject({ dispatchId, status: 'sent' })
  })

  it('leads to the living link', async () => {
    const { hash, link } = await withCode()

    expect(await find(hash)).toMatchObject({ url: link.url, asked: false, over: false })
  })

  it('leads an opened link’s user back to it', async () => {
    const { hash, link } = await withCode()
    await house.rows("update link set status = 'opened', opened_at = now() where id = $1", [link.id])

    expect(await find(hash)).toMatchObject({ url: link.url })
  })

  it.each([
    ['has run out', "expires_at = now() - interval '1 s'"],
    ['was revoked', "status = 'revoked'"],
  ])('leads nowhere when the link %s', async (_, change) => {
    const { hash, link } = await withCode()
    await house.rows(`update link set ${change} where id = $1`, [link.id])

    expect(await find(hash)).toMatchObject({ url: null })
  })

  it('knows that nothing may be sent any more', async () => {
    const { hash, dispatchId } = await withCode(dead)
    await house.rows("update dispatch set valid_until = now() - interval '1 s' where id = $1", [dispatchId])

    expect(await find(hash)).toMatchObject({ over: true })
  })
})

describe('asking for a fresh link', () => {
  it('is granted once in ten minutes, whichever code of the dispatch is used', async () => {
    const { hash, another, dispatchId } = await withCode(dead)
    const second = await another()

    const granted = [await evergreen.ask(hash), await evergreen.ask(hash), await evergreen.ask(second)]
    await lapse(dispatchId, '10 minutes')
    granted.push(await evergreen.ask(second))

    expect(granted).toEqual([true, false, false, true])
    expect(await house.events(dispatchId)).toEqual(expect.arrayContaining(['link.requested']))
  })

  it('is granted to one of two that ask at once', async () => {
    const { hash, dispatchId } = await withCode(dead)
    const other = await house.pool.connect()
    await other.query('begin')
    await other.query('select from dispatch where id = $1 for no key update', [dispatchId])

    const asking = evergreen.ask(hash)
    await vi.waitFor(async () => expect(await house.rows(WAITING)).toHaveLength(1))
    await other.query('update evergreen set asked_at = now() where hash = $1', [hash])
    await other.query('commit')
    other.release()

    expect(await asking).toBe(false)
  })

  it('is not granted while the message before is still to be sent', async () => {
    const { hash, dispatchId } = await withCode(dead)
    await evergreen.ask(hash)
    await changes.addResend(dispatchId, ['sms'])
    await lapse(dispatchId, '10 minutes')

    expect(await evergreen.ask(hash)).toBe(false)
  })

  it('is granted five times a day', async () => {
    const { hash, dispatchId } = await withCode(dead)
    const granted: boolean[] = []
    for (let i = 0; i < 6; i++) {
      granted.push(await evergreen.ask(hash))
      await changes.addResend(dispatchId, ['sms'])
      await house.rows("update step set status = 'handed' where dispatch_id = $1 and kind = 'resend'", [dispatchId])
      await lapse(dispatchId, '1 hour')
    }

    expect(granted).toEqual([true, true, true, true, true, false])
  })

  it('takes the fresh link away from every code that was there, and leaves it to the one in the fresh message', async () => {
    const { hash, another, link } = await withCode(dead)
    const second = await another()
    await evergreen.ask(hash)
    const fresh = await another()
    await house.rows('update link set expires_at = $2 where id = $1', [link.id, inHours(1)])

    const urls = await Promise.all([hash, second, fresh].map(async (one) => (await find(one))?.url))

    expect(urls).toEqual([null, null, link.url])
  })

  it('with a code that has lost its link leaves other codes theirs', async () => {
    const { hash, another, link, dispatchId } = await withCode(dead)
    await evergreen.ask(hash)
    const fresh = await another()
    await house.rows('update link set expires_at = $2 where id = $1', [link.id, inHours(1)])
    await lapse(dispatchId, '10 minutes')

    const granted = await evergreen.ask(hash)

    expect(granted).toBe(true)
    expect(await find(fresh)).toMatchObject({ url: link.url })
  })

  it('says for ten minutes that it was done', async () => {
    const { hash, dispatchId } = await withCode(dead)
    await evergreen.ask(hash)

    const now = await find(hash)
    await lapse(dispatchId, '10 minutes')

    expect([now?.asked, (await find(hash))?.asked]).toEqual([true, false])
  })
})

describe('tidying', () => {
  const ended = async (status: string, { daysAgo = 9, validUntil = null as Date | null } = {}) => {
    const { hash, dispatchId } = await withCode(dead)
    await house.rows(
      `update dispatch set status = $2, valid_until = $3, ended_at = now() - make_interval(days => $4) where id = $1`,
      [dispatchId, status, validUntil, daysAgo],
    )
    return hash
  }
  const keptOf = async (hash: Buffer) => (await find(hash)) !== null

  it.each(['cancelled', 'superseded', 'suppressed', 'expired'])(
    'forgets the codes of a dispatch that was %s, when its last link is dead for sure',
    async (status) => {
      const [old, young] = [await ended(status), await ended(status, { daysAgo: 7 })]

      await tidy(house.pool)

      expect([await keptOf(old), await keptOf(young)]).toEqual([false, true])
    },
  )

  it.each(['opened', 'exhausted', 'failed'])(
    'keeps the codes of a dispatch that is %s, whose button works for years, unless its time is over',
    async (status) => {
      const timeless = await ended(status, { daysAgo: 900 })
      const over = await ended(status, { validUntil: inHours(-9 * 24) })
      const lately = await ended(status, { validUntil: inHours(-24) })

      await tidy(house.pool)

      expect([await keptOf(timeless), await keptOf(over), await keptOf(lately)]).toEqual([true, false, true])
    },
  )

  it('keeps a code that leads to a living link, though the time of its dispatch is over', async () => {
    const { hash, dispatchId, link } = await withCode()
    await house.rows(
      `update dispatch set status = 'opened', valid_until = now() - interval '9 days', ended_at = now() - interval '9 days' where id = $1`,
      [dispatchId],
    )

    await tidy(house.pool)

    expect(await find(hash)).toMatchObject({ url: link.url })
  })
})
