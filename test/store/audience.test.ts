import { describe, expect, it } from 'vitest'
import type { AudienceRow } from '../../src/flow/ports-campaign.ts'
import type { NewSuppression } from '../../src/flow/ports-consent.ts'
import { newUuid } from '../../src/lib/id.ts'
import { reencrypt } from '../../src/store/reencrypt.ts'
import { makeStore } from '../../src/store/store.ts'
import { makeVault } from '../../src/vault/vault.ts'
import { HOUR, laterVault, testVault, unique } from '../support/builders.ts'
import { aCampaign } from '../support/campaigns.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { audiences, campaigns, suppressions } = house.store

async function aDraft(wish: Parameters<typeof aCampaign>[0] = {}) {
  const campaign = aCampaign(wish)
  await campaigns.create(campaign)
  return campaign.id
}
async function anUpload(campaignId: string) {
  const upload = { id: newUuid(), campaignId, source: 'file' as const, about: { format: 'csv' }, madeBy: 'test' }
  await audiences.begin(upload)
  return upload
}
let people = 0
function aRow(wish: Partial<AudienceRow> = {}): AudienceRow {
  const n = ++people
  const contact = wish.contact ?? { phone: `+1512557${String(n).padStart(4, '0')}`, email: `p${n}@example.com` }
  return {
    line: n + 1,
    referenceId: unique('person'),
    locale: 'es-MX',
    timeZone: 'America/Chicago',
    zoneGiven: true,
    channels: ['sms', 'email'],
    ...wish,
    contact,
    person: wish.person ?? {
      userData: null,
      contact,
      channels: null,
      locale: null,
      timeZone: null,
      variables: { amountHint: '200' },
      metadata: { crmCaseId: '42' },
      ownLink: null,
    },
  }
}
const NOTHING = { rows: 0, taken: 0, known: 0, doubled: 0, refused: 0 }

describe('rows', () => {
  it('are read as they were taken, a link of their own with its time', async () => {
    const campaignId = await aDraft()
    const expiresAt = new Date('2030-01-01T00:00:00Z')
    const plain = aRow({ referenceId: 'a' })
    const known = aRow({ referenceId: 'b' })
    const rows = [
      plain,
      {
        ...known,
        person: { ...known.person, contact: null, ownLink: { linkId: 'l', url: 'https://x.example/l', expiresAt } },
      },
    ]

    await audiences.take(await anUpload(campaignId), rows)
    const read = await audiences.page(campaignId, null, 10)

    const told = { bucket: expect.any(Number), suppressed: false }
    expect(read).toEqual([
      { ...rows[0], ...told, ownLinkUntil: null },
      { ...rows[1], ...told, ownLinkUntil: expiresAt },
    ])
    expect(await audiences.page(campaignId, 'a', 10)).toEqual(read.slice(1))
    expect(await audiences.row(campaignId, 'b')).toEqual(read[1])
    expect(await audiences.row(campaignId, 'c')).toBeNull()
  })

  it('are taken once, whoever brings them at the same time', async () => {
    const campaignId = await aDraft()
    const rows = Array.from({ length: 200 }, () => aRow())
    const uploads = [await anUpload(campaignId), await anUpload(campaignId)]

    const answers = await Promise.all([
      audiences.take(uploads[0]!, rows),
      house.another().audiences.take(uploads[1]!, rows.toReversed()),
    ])

    const new_ = answers.flatMap((answer) => answer?.filter(({ was }) => was === 'new') ?? [])
    expect(new Set(new_.map(({ line }) => line)).size).toBe(200)
    expect(new_).toHaveLength(200)
  })

  it('say which line was there before', async () => {
    const campaignId = await aDraft()
    const [first, second] = [await anUpload(campaignId), await anUpload(campaignId)]
    const [one, two] = [aRow({ line: 2 }), aRow({ line: 3 })]

    const taken = await audiences.take(first, [one, two, { ...one, line: 4 }])
    const later = await audiences.take(second, [{ ...two, line: 9 }])

    expect(taken?.toSorted((a, b) => a.line - b.line)).toEqual([
      { line: 2, was: 'new', first: 2 },
      { line: 3, was: 'new', first: 3 },
      { line: 4, was: 'doubled', first: 2 },
    ])
    expect(later).toEqual([{ line: 9, was: 'known', first: 3 }])
  })

  it('have their time at once where the campaign runs, and none where it is a draft', async () => {
    const startAt = new Date(Date.now() + 5 * HOUR)
    const draft = await aDraft({ startAt })
    const running = await aDraft({ startAt })
    await campaigns.start(running, 'test')

    for (const id of [draft, running]) await audiences.take(await anUpload(id), [aRow()])

    const times = await house.rows('select campaign_id, send_at from audience_row where campaign_id = any($1)', [
      [draft, running],
    ])
    expect(new Map(times.map((row) => [row['campaign_id'], row['send_at']]))).toEqual(
      new Map([
        [draft, null],
        [running, startAt],
      ]),
    )
  })

  it('are not taken by a campaign that is over', async () => {
    const campaignId = await aDraft()
    const upload = await anUpload(campaignId)
    await campaigns.cancel(campaignId, { reason: null, revokeLinks: false, by: 'test' })

    expect(await audiences.take(upload, [aRow()])).toBeNull()
    expect(await audiences.page(campaignId, null, 10)).toEqual([])
  })

  it('stand in the same bucket whenever they come, and in all of them', async () => {
    const campaignId = await aDraft()
    const rows = Array.from({ length: 1_000 }, (_, i) => aRow({ referenceId: `spread_${i}` }))
    await audiences.take(await anUpload(campaignId), rows)
    const before = await audiences.page(campaignId, null, 1_000)

    await audiences.clear(campaignId)
    await audiences.take(await anUpload(campaignId), rows.toReversed())
    const after = await audiences.page(campaignId, null, 1_000)

    expect(after.map(({ bucket }) => bucket)).toEqual(before.map(({ bucket }) => bucket))
    const upperHalf = after.filter(({ bucket }) => bucket >= 5_000).length
    expect(upperHalf).toBeGreaterThan(400)
    expect(upperHalf).toBeLessThan(600)
  })
})

describe('a person whom nothing would be sent to', () => {
  const row = () => aRow({ contact: { phone: `+1512558${String(++people).padStart(4, '0')}`, email: 'z@example.com' } })
  const bar = (hash: Buffer, wish: Partial<NewSuppression> = {}) =>
    suppressions.add({ hash, channel: 'sms', reason: 'opt_out', note: null, placedBy: 'test', ...wish })
  const phoneOf = ({ contact }: AudienceRow, vault = testVault) => vault.lookup('phone', contact.phone ?? '')
  async function suppressedIn(one: AudienceRow, wish: Parameters<typeof aCampaign>[0] = {}) {
    const campaignId = await aDraft(wish)
    await audiences.take(await anUpload(campaignId), [one])
    return (await audiences.row(campaignId, one.referenceId))?.suppressed
  }

  it.each([
    ['said stop on the channel whose turn it is', { reason: 'opt_out' }, true],
    ['has a dead number, and mail', { reason: 'invalid' }, false],
    ['said no to advertising, in an advertisement', { reason: 'opt_out', scope: 'commercial' }, true],
  ] as [string, Partial<NewSuppression>, boolean][])('%s', async (_, reason, suppressed) => {
    const one = row()
    await bar(phoneOf(one), reason)

    expect(await suppressedIn(one, { category: 'commercial' })).toBe(suppressed)
  })

  it('is written to by another category than they said no to', async () => {
    const one = row()
    await bar(phoneOf(one), { scope: 'commercial' })

    expect(await suppressedIn(one, { category: 'transactional' })).toBe(false)
  })

  it('is barred as a person', async () => {
    const one = row()
    await bar(testVault.lookup('recipient', one.referenceId), { channel: 'recipient', reason: 'manual' })

    expect(await suppressedIn(one)).toBe(true)
  })

  it('is found under an older look-up key', async () => {
    const one = row()
    await bar(phoneOf(one))
    const later = makeStore({ pool: house.pool, vault: laterVault, slots: false, monotonic: () => 0 })
    const campaignId = await aDraft()

    await later.audiences.take(await anUpload(campaignId), [one])

    expect((await later.audiences.row(campaignId, one.referenceId))?.suppressed).toBe(true)
  })
})

describe('an upload', () => {
  it('says how far it came, and ends once', async () => {
    const campaignId = await aDraft()
    const { id } = await anUpload(campaignId)

    await audiences.note(id, { ...NOTHING, rows: 7, taken: 7 })
    const underWay = await audiences.uploads(campaignId)
    await audiences.end(id, 'done', { ...NOTHING, rows: 9, taken: 9 })
    await audiences.end(id, 'broken', NOTHING)

    expect(underWay).toMatchObject([{ id, status: 'taking', rows: 7, endedAt: null }])
    expect(await audiences.uploads(campaignId)).toMatchObject([
      { id, status: 'done', rows: 9, about: { format: 'csv' } },
    ])
    expect(
      await house.rows("select from event where data ->> 'rows' = '9' and type = 'campaign.audience'"),
    ).toHaveLength(1)
  })

  it('is broken when nobody has heard of it for five minutes', async () => {
    const campaignId = await aDraft()
    const { id } = await anUpload(campaignId)

    await house.rows(`update audience_upload set heard_at = app_now() - interval '6 minutes' where id = $1`, [id])

    expect(await audiences.uploads(campaignId)).toMatchObject([{ status: 'broken' }])
  })

  it('keeps what was refused, sealed, in order of lines', async () => {
    const { id } = await anUpload(await aDraft())
    const [one, two] = [
      { line: 3, field: 'phone', reason: 'is empty', text: 'user_3,,secret' },
      { line: 3, field: 'email', reason: 'is empty', text: null },
    ]

    await audiences.refuse(id, [one, two])
    await audiences.refuse(id, [{ ...one, line: 2 }])

    const [first, ...rest] = await audiences.refusals(id, { line: 0, place: -1 }, 10)
    expect(first).toEqual({ ...one, line: 2, place: 0 })
    expect(rest).toEqual([
      { ...one, place: 0 },
      { ...two, place: 1 },
    ])
    expect(await audiences.refusals(id, { line: 3, place: 0 }, 10)).toEqual([{ ...two, place: 1 }])
    const stored = await house.rows('select sealed from audience_refusal where sealed is not null')
    expect(stored.map(({ sealed }) => sealed.toString('latin1')).join()).not.toContain('secret')
  })

  it('is gone with its rows when a draft is emptied', async () => {
    const campaignId = await aDraft()
    const upload = await anUpload(campaignId)
    await audiences.take(upload, [aRow()])
    await audiences.refuse(upload.id, [{ line: 9, field: '', reason: 'has too few cells', text: null }])

    expect(await audiences.clear(campaignId)).toBe(1)
    expect(await audiences.uploads(campaignId)).toEqual([])
    expect(await audiences.refusals(upload.id, { line: 0, place: -1 }, 10)).toEqual([])
    expect(await campaigns.one(campaignId)).toMatchObject({ waiting: 0 })
  })
})

it('reads what recipients have stored, of those that are known', async () => {
  const { referenceId } = await house.accept()

  const found = await audiences.recipients([referenceId, 'stranger'])

  expect([...found.keys()]).toEqual([referenceId])
  expect(found.get(referenceId)).toMatchObject({ locale: 'es-MX', contact: { phone: '+15125550123' } })
})

it('is sealed again under a new key, refused lines too', async () => {
  const campaignId = await aDraft()
  const upload = await anUpload(campaignId)
  const row = aRow()
  await audiences.take(upload, [row])
  await audiences.refuse(upload.id, [{ line: 9, field: '', reason: 'has too few cells', text: 'a,b' }])
  const key = { id: 'k2', key: Buffer.alloc(32, 7) }
  const newest = makeVault({ keys: [key], lookupKeys: [key] })
  const both = { ...testVault, currentKey: newest.currentKey, seal: newest.seal }

  await reencrypt(house.pool, both, () => undefined)

  const later = makeStore({ pool: house.pool, vault: newest, slots: false, monotonic: () => 0 }).audiences
  expect(await later.row(campaignId, row.referenceId)).toMatchObject({ person: row.person })
  expect(await later.refusals(upload.id, { line: 0, place: -1 }, 10)).toMatchObject([{ text: 'a,b' }])
})
