import { once } from 'node:events'
import { createServer, get as fetchPart } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse } from 'csv-parse/sync'
import type { Response } from 'supertest'
import { describe, expect, it } from 'vitest'
import type { FollowedUp } from '../../src/flow/ports-follow-up.ts'
import { newUuid, showId } from '../../src/lib/id.ts'
import { aClaim, aFact, aLink, anOrder, aSettlement, phoneHash, testVault, unique } from '../support/builders.ts'
import { aCampaign } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'
import { makeHouse } from './kit.ts'

const house = await openStoreHouse()
const { store, rows } = house
const door = makeHouse((ports) => ({
  ...ports,
  ...{ tallies: store.tallies, lists: store.lists, audiences: store.audiences, intake: store.intake },
}))

/** A campaign, and people it has written to. */
async function aFollowedUp() {
  const campaign = aCampaign({ plan: { channels: ['sms'] } })
  await store.campaigns.create(campaign)
  const cohort = await store.intake.cohort({ campaignId: campaign.id, variant: 'all', locale: 'en' })
  let people = 0
  return {
    campaignId: campaign.id,
    path: `/v1/campaigns/${showId('cmp', campaign.id)}`,
    async person({ to = 'handed', metadata = null as Record<string, unknown> | null, opened = false } = {}) {
      const phone = `+1512777${String(++people).padStart(4, '0')}`
      const person = { contact: { phone }, variables: { amount: 5 }, metadata }
      const order = anOrder({ campaignId: campaign.id, cohort, person, channels: ['sms'], remindersAfterMs: [] })
      await store.intake.accept(order)
      const work = await store.deliveries.work(await house.take(order.dispatch.id))
      if (!work) throw new Error('there is no work')
      const link = aLink()
      await store.deliveries.claim(aClaim(work, { fresh: link }))
      const ends = to === 'failed' ? { status: 'failed' as const, reason: 'no_channel_worked' } : null
      const reason = to === 'failed' ? 'no_provider' : null
      await store.deliveries.settle(
        aSettlement(work, { to: to as 'handed', linkExpiresAt: link.expiresAt, ends, reason }),
      )
      if (opened) await store.facts.record(aFact({ linkId: link.linkId }))
      return { id: order.dispatch.id, referenceId: order.dispatch.referenceId, phone, link }
    },
  }
}

const listed = async (path: string, list: string) => {
  const { body } = await door.knock('key-read').get(`${path}/follow-up?list=${list}`)
  return body.items.map(({ dispatchId }: { dispatchId: string }) => dispatchId)
}
const shown = ({ id }: { id: string }) => showId('dsp', id)

describe('GET /v1/campaigns/{id}/follow-up', () => {
  it('lists who was written to and did not open, and who opened and went no further', async () => {
    const { path, person } = await aFollowedUp()
    const silent = await person()
    const inside = await person({ opened: true })
    const paid = await person({ opened: true })

    await store.facts.record(aFact({ type: 'operation.created', linkId: paid.link.linkId, operationId: 'op-1' }))

    expect(await listed(path, 'not_opened')).toEqual([shown(silent)])
    expect(await listed(path, 'opened_no_operation')).toEqual([shown(inside)])
  })

  it('counts an open that looks like a machine’s as nobody’s', async () => {
    const { path, person } = await aFollowedUp()
    const one = await person()

    await store.facts.record(aFact({ linkId: one.link.linkId, suspect: 'scanner' }))

    expect(await listed(path, 'not_opened')).toEqual([shown(one)])
    expect(await listed(path, 'opened_no_operation')).toEqual([])
  })

  it('says of whom nothing reached why, in words', async () => {
    const { path, person } = await aFollowedUp()
    await person()
    const failed = await person({ to: 'failed', metadata: { case: '7' } })

    const { body } = await door.knock('key-read').get(`${path}/follow-up?list=failed`)

    expect(body.items).toEqual([
      {
        ...{
          referenceId: failed.referenceId,
          dispatchId: shown(failed),
          status: 'failed',
          reason: 'no_channel_worked',
        },
        why: 'no channel worked: nobody carries this channel here',
        ...{ suspect: null, locale: 'es-MX', channels: ['sms'], firstHandedAt: null, openedAt: null },
        metadata: { case: '7' },
        contact: { phone: expect.stringMatching(/^\+1•+\d{4}$/) },
      },
    ])
  })

  it('lists who opted out since they were written to, whatever became of their dispatch', async () => {
    const { path, person } = await aFollowedUp()
    const [before, after] = [await person({ opened: true }), await person()]
    const stop = { channel: 'sms' as const, reason: 'opt_out' as const, note: null, placedBy: 'person' }

    await store.suppressions.add({ ...stop, hash: phoneHash(before.phone) })
    await store.suppressions.add({ ...stop, hash: phoneHash(after.phone) })

    expect(await listed(path, 'opted_out')).toEqual([shown(before), shown(after)])
  })

  it('goes on where the page before ended', async () => {
    const { path, person } = await aFollowedUp()
    const people = [await person(), await person(), await person()]
    const first = await door.knock('key-read').get(`${path}/follow-up?list=not_opened&limit=2`)

    const next = `${path}/follow-up?list=not_opened&limit=2&cursor=${first.body.nextCursor}`
    const second = await door.knock('key-read').get(next)

    const seen = [...first.body.items, ...second.body.items].map(({ dispatchId }) => dispatchId)
    expect(seen).toEqual(people.map(shown))
    expect(second.body.nextCursor).toBeNull()
  })

  it('knows neither a list nor a campaign that is not there', async () => {
    const { path } = await aFollowedUp()
    const ask = (url: string) => door.knock('key-read').get(url)

    const statuses = [
      await ask(`${path}/follow-up?list=everyone`),
      await ask(`${path}/follow-up.csv?list=everyone`),
      await ask(`/v1/campaigns/${showId('cmp', newUuid())}/follow-up.csv?list=failed`),
    ].map(({ status }) => status)

    expect(statuses).toEqual([422, 422, 404])
  })
})

describe('an export', () => {
  it('is a CSV file that no spreadsheet runs, with quotes, line breaks and letters as they were', async () => {
    const { path, person } = await aFollowedUp()
    const metadata = {
      case: '=HYPERLINK("http://x")',
      note: 'a "quoted"\nline; and, a comma',
      name: 'Ñandú',
      more: { a: 1 },
    }
    const { referenceId } = await person({ metadata })
    await person()

    const { text, headers } = await door.knock('key-read').get(`${path}/follow-up.csv?list=not_opened`)

    const [first, second] = parse(text, { columns: true, bom: true }) as Record<string, string>[]
    expect(first).toMatchObject({
      ...{ referenceId, status: 'sent', 'metadata.case': `'${metadata.case}`, 'metadata.note': metadata.note },
      ...{ 'metadata.name': 'Ñandú', 'metadata.more': '{"a":1}', metadata: '' },
    })
    expect(second).toMatchObject({ 'metadata.case': '' })
    expect(headers['content-disposition']).toMatch(/^attachment; filename="not-opened-cmp_\w+\.csv"$/)
  })

  it('holds no address and no link', async () => {
    const { path, person } = await aFollowedUp()
    const { phone, link } = await person()

    const texts = await Promise.all(
      ['csv', 'ndjson'].map(
        async (format) => (await door.knock('key-read').get(`${path}/follow-up.${format}?list=not_opened`)).text,
      ),
    )

    expect(texts.join()).not.toMatch(new RegExp(`${phone.slice(-4)}|${link.linkId}|https?:`))
  })

  it('holds everybody once, ten thousand too, one on a line', async () => {
    const { campaignId, path } = await aFollowedUp()
    await addMany(campaignId, 10_000)

    const { text } = await door
      .knock('key-read')
      .get(`${path}/follow-up.ndjson?list=not_opened`)
      .buffer(true)
      .parse(asText)
    const csv = await door.knock('key-read').get(`${path}/follow-up.csv?list=not_opened`)

    const people = text
      .trimEnd()
      .split('\n')
      .map((line: string) => JSON.parse(line))
    expect(new Set(people.map(({ referenceId }: { referenceId: string }) => referenceId)).size).toBe(10_000)
    expect(people.at(-1).metadata).toEqual({ row: 10_000, late: true })
    const last = (parse(csv.text, { columns: true, bom: true }) as Record<string, string>[]).at(-1)
    expect(last).toMatchObject({ 'metadata.row': '10000', metadata: '{"late":true}' })
  })

  it('reads no further ahead than its reader', async () => {
    let pages = 0
    const endless = makeHouse((ports) => ({
      ...ports,
      tallies: store.tallies,
      lists: {
        ...ports.lists,
        async page(_source, _after, limit) {
          pages++
          return Array.from({ length: limit }, () => SOMEBODY)
        },
      },
    }))
    const { path } = await aFollowedUp()
    const server = createServer(endless.app).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}/follow-up.ndjson?list=failed`

    const request = fetchPart(url, { headers: { authorization: 'Bearer key-read' } })
    const [answer] = await once(request, 'response')
    await once(answer, 'readable')
    answer.read()
    answer.destroy()
    await new Promise((resolve) => server.close(resolve))

    expect(pages).toBeGreaterThan(0)
    expect(pages).toBeLessThan(50)
  })
})

describe('POST /v1/campaigns/{id}/audience/list', () => {
  const take = (path: string, body: object) => door.knock('key-admin').post(`${path}/audience/list`).send(body)

  it('takes a list of an earlier campaign with addresses, variables and metadata, and nobody twice', async () => {
    const { campaignId, path, person } = await aFollowedUp()
    const silent = await person({ metadata: { case: '7' } })
    await person({ opened: true })
    const next = await aFollowedUp()
    const order = { list: 'not_opened', campaignId: path.split('/').at(-1) }

    const first = await take(next.path, order)
    const again = await take(next.path, order)

    expect(first.body).toMatchObject({ rows: 1, taken: 1, refused: 0, errors: [] })
    expect(again.body).toMatchObject({ rows: 1, taken: 0, known: 1 })
    const [row] = await store.audiences.page(next.campaignId, null, 10)
    expect(row).toMatchObject({
      referenceId: silent.referenceId,
      person: { contact: { phone: silent.phone }, variables: { amount: 5 }, metadata: { case: '7' } },
    })
    expect(campaignId).not.toBe(next.campaignId)
  })

  it.each([
    ['a list of no campaign', { list: 'failed' }, 'campaignId'],
    ['who received nothing in particular', { list: 'received' }, 'template'],
    ['a template without its version', { list: 'received', template: 'magic-link' }, 'template'],
  ])('refuses %s', async (_, body, path) => {
    const { path: campaign } = await aFollowedUp()

    const { status, body: problem } = await take(campaign, body)

    expect(status).toBe(422)
    expect(problem.errors).toMatchObject([{ path }])
  })

  it('takes nobody for a campaign that is over', async () => {
    const { campaignId, path } = await aFollowedUp()
    await store.campaigns.cancel(campaignId, { reason: null, revokeLinks: false, by: 'test' })

    const { status, body } = await take(path, { list: 'failed', campaignId: path.split('/').at(-1) })

    expect([status, body.code]).toEqual([409, 'audience_closed'])
  })
})

const SOMEBODY: FollowedUp = {
  ...{ id: newUuid(), referenceId: 'x'.repeat(100), status: 'sent', reason: null, messageReason: null, suspect: null },
  ...{ locale: 'en', channels: ['sms'], firstHandedAt: null, openedAt: null, contact: {}, metadata: null },
}

/** supertest reads no NDJSON by itself. */
const asText = (res: Response, done: (error: Error | null, body: unknown) => void) => {
  let text = ''
  const stream = res as unknown as NodeJS.ReadableStream
  stream.on('data', (piece: Buffer) => {
    text += piece.toString()
  })
  stream.on('end', () => {
    Object.assign(res, { text })
    done(null, text)
  })
}

async function addMany(campaignId: string, count: number): Promise<void> {
  const ids = Array.from({ length: count }, () => newUuid())
  const seal = (id: string, i: number) => {
    const metadata = { row: i + 1, ...(i + 1 === count && { late: true }) }
    const person = { contact: {}, variables: {}, metadata }
    return testVault.seal(JSON.stringify(person), { table: 'dispatch_secret', row: `${id}/1`, column: 'person' })
  }
  await rows(
    `with d as (
       insert into dispatch (id, reference_id, lane, campaign_id, status, category, template, locale, time_zone, zone_given, channels, fall_back_ms,
         life_minutes, link_options, created_at, first_handed_at)
       select id, $4 || place, 1, $1, 'sent', 'transactional', 'magic-link', 'en', 'UTC', false, 'sms', 0, 60, '{}', now(), now()
       from unnest($2::uuid[]) with ordinality as t (id, place))
     insert into dispatch_secret (dispatch_id, kind, revision, sealed) select id, 'person', 1, sealed from unnest($2::uuid[], $3::bytea[]) as t (id, sealed)`,
    [campaignId, ids, ids.map(seal), unique('many')],
  )
}
