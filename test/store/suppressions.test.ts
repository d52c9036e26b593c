import { describe, expect, it } from 'vitest'
import type { NewSuppression } from '../../src/flow/ports-consent.ts'
import { aQuestion, phoneHash, testVault, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { suppressions } = house.store
let people = 0
const NOBODY = '00000000-0000-7000-8000-000000000000'
const aPhone = () => `+1512556${String(++people).padStart(4, '0')}`
const anEntry = (phone: string, wish: Partial<NewSuppression> = {}): NewSuppression => ({
  hash: phoneHash(phone),
  channel: 'sms',
  reason: 'opt_out',
  note: null,
  placedBy: 'test',
  ...wish,
})
const stateOf = async (phone: string) => (await suppressions.find([phoneHash(phone)]))[0]
const by = (phone: string, wish: object = {}) => ({
  person: { contact: { phone }, variables: {}, metadata: null },
  ...wish,
})

describe('a suppression that stands already', () => {
  it.each([
    ['is widened to the person’s will', { reason: 'invalid' }, { reason: 'opt_out' }, { reason: 'opt_out' }, true],
    ['keeps the person’s will', { reason: 'complaint' }, { reason: 'invalid' }, { reason: 'complaint' }, false],
    ['is widened to everything', { scope: 'commercial' }, { scope: 'all' }, { scope: 'all' }, true],
    ['is never narrowed', { scope: 'all' }, { scope: 'commercial' }, { scope: 'all' }, false],
  ] as [string, Partial<NewSuppression>, Partial<NewSuppression>, object, boolean][])(
    '%s',
    async (_, was, comes, is, fresh) => {
      const phone = aPhone()
      await suppressions.addAll([anEntry(phone, was)])

      const answer = await suppressions.addAll([anEntry(phone, comes)])

      expect(answer.fresh).toEqual([fresh])
      expect(await suppressions.find([phoneHash(phone)])).toMatchObject([is])
    },
  )
})

it('counts an address once, however often a list names it', async () => {
  const phone = aPhone()

  const { fresh, ids } = await suppressions.addAll([
    anEntry(phone, { reason: 'manual' }),
    anEntry(phone, { reason: 'complaint' }),
  ])

  expect(fresh).toEqual([true, false])
  expect(new Set(ids).size).toBe(1)
  expect(await stateOf(phone)).toMatchObject({ reason: 'complaint' })
})

it('names the dispatches it concerns, and those it ends', async () => {
  const phone = aPhone()
  const running = await house.accept(by(phone))
  const over = await house.accept(by(phone))
  await house.rows("update dispatch set status = 'opened' where id = $1", [over.id])

  const will = await suppressions.addAll([anEntry(phone)])
  const dead = await suppressions.addAll([anEntry(phone, { reason: 'invalid' })])

  expect(will.affected).toEqual(
    expect.arrayContaining([
      { id: running.id, referenceId: running.referenceId, status: 'accepted', ends: 'opt_out' },
      { id: over.id, referenceId: over.referenceId, status: 'opened', ends: null },
    ]),
  )
  expect(dead.affected.map(({ ends }) => ends)).toEqual([null, null])
})

describe('what the claim is told', () => {
  it.each([
    ['commercial', { scope: 'commercial', category: 'commercial' }, true],
    ['transactional, of a stop to commercial messages', { scope: 'commercial', category: 'transactional' }, false],
    ['transactional, of a stop to all', { scope: 'all', category: 'transactional' }, true],
  ] as const)('%s', async (_, { scope, category }, barred) => {
    const phone = aPhone()
    const { work, link } = await house.claimed(by(phone, { category }))
    await suppressions.addAll([anEntry(phone, { scope })])

    const fact = await house.store.deliveries.stopFact(aQuestion(work, link.id))

    expect(fact?.kind === 'suppressed').toBe(barred)
  })

  it('of a recipient who said stop from a number that is no longer theirs', async () => {
    const referenceId = unique('user')
    const [old, fresh] = [aPhone(), aPhone()]
    await house.accept(by(old, { referenceId }))
    await suppressions.addAll([anEntry(old)])
    const { work, link } = await house.claimed(by(fresh, { referenceId }))
    const hashes = [...testVault.lookups('phone', fresh), ...testVault.lookups('recipient_sms', referenceId)]

    const fact = await house.store.deliveries.stopFact(aQuestion(work, link.id, { hashes }))

    expect(fact).toMatchObject({ kind: 'suppressed', aboutWill: true })
  })

  it('nothing of a dead number, once there is another', async () => {
    const referenceId = unique('user')
    const [old, fresh] = [aPhone(), aPhone()]
    await house.accept(by(old, { referenceId }))
    await suppressions.addAll([anEntry(old, { reason: 'invalid' })])
    const { work, link } = await house.claimed(by(fresh, { referenceId }))
    const hashes = [...testVault.lookups('phone', fresh), ...testVault.lookups('recipient_sms', referenceId)]

    expect(await house.store.deliveries.stopFact(aQuestion(work, link.id, { hashes }))).toBeNull()
  })
})

describe('how often an address failed', () => {
  const failed = async (phone: string, change: string) => {
    const { work } = await house.claimed(by(phone))
    await house.rows(`update attempt set ${change} where dispatch_id = $1`, [work.dispatchId])
    return work.dispatchId
  }
  const count = (phone: string, wish: object = {}) =>
    suppressions.failedFor({
      hashes: [phoneHash(phone)],
      reason: 'mailbox_full',
      exceptFor: NOBODY,
      days: 14,
      ...wish,
    })

  it('counts dispatches, by what was answered and by what was told later, but for the one that asks', async () => {
    const phone = aPhone()
    const mine = await failed(phone, "reason = 'mailbox_full'")
    await failed(phone, "reason = 'mailbox_full', receipt_reason = 'mailbox_full'")
    await failed(phone, "receipt_reason = 'mailbox_full'")

    expect([await count(phone), await count(phone, { exceptFor: mine })]).toEqual([3, 2])
  })

  it('counts no other reason, no other address, and nothing that is older', async () => {
    const phone = aPhone()
    await failed(phone, "reason = 'timeout'")
    await failed(phone, "reason = 'mailbox_full', claimed_at = claimed_at - interval '15 days'")
    await failed(aPhone(), "reason = 'mailbox_full'")

    expect(await count(phone)).toBe(0)
  })
})

it('is lifted with what it had put on the recipient, and who said so is kept', async () => {
  const phone = aPhone()
  const { work, link } = await house.claimed(by(phone))
  const { ids } = await suppressions.addAll([anEntry(phone)])
  const hashes = testVault.lookups('recipient_sms', work.dispatch.referenceId)
  const before = await house.store.deliveries.stopFact(aQuestion(work, link.id, { hashes }))

  const lifted = await suppressions.lift(ids, 'ana', 'asked', 'on paper')
  const again = await suppressions.lift(ids, 'ana', 'asked', 'on paper')

  expect([lifted, again]).toEqual([ids, []])
  expect(before).toMatchObject({ kind: 'suppressed' })
  expect(await house.store.deliveries.stopFact(aQuestion(work, link.id, { hashes }))).toBeNull()
  expect(await stateOf(phone)).toMatchObject({ liftedBy: 'ana', liftReason: 'asked', liftConsent: 'on paper' })
})

it('is listed newest first, page by page, without what stands on recipients because of it', async () => {
  const phones = [aPhone(), aPhone(), aPhone()]
  await house.accept(by(phones[0] ?? ''))
  for (const phone of phones) await suppressions.addAll([anEntry(phone)])
  const expected = await Promise.all(phones.toReversed().map(async (phone) => (await stateOf(phone))?.id))

  const first = await suppressions.list(null, 2)
  const second = await suppressions.list(first.at(-1)?.id ?? null, 1)

  expect([...first, ...second].map(({ id }) => id)).toEqual(expected)
})

it('takes a thousand at a time', async () => {
  const entries = Array.from({ length: 1_000 }, (_, i) => anEntry(`+1512${5_570_000 + i}`))

  const { fresh } = await suppressions.addAll(entries)

  expect(fresh.filter(Boolean)).toHaveLength(1_000)
})

it('keeps a text once, sealed, and says only that there is one', async () => {
  const phone = aPhone()
  const { id } = await house.accept(by(phone))
  const text = {
    keyHash: phoneHash(unique('key')),
    hash: phoneHash(phone),
    dispatchId: id,
    text: 'when does it close?',
  }

  const first = await house.store.replies.keep(text)
  const again = await house.store.replies.keep(text)

  expect([first, again]).toEqual([true, false])
  expect((await house.events(id)).filter((type) => type === 'recipient.replied')).toHaveLength(1)
  const [row] = await house.rows('select sealed from inbound_text where key_hash = $1', [text.keyHash])
  expect(row?.['sealed'].toString('latin1')).not.toContain('close')
  expect(await house.store.replies.lastOf([phoneHash(phone)])).toMatchObject({ dispatchId: id, locale: 'es-MX' })
})
