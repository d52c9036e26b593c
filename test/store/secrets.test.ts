import { expect, it } from 'vitest'
import { setSlots } from '../../src/store/links.ts'
import { aClaim, aFact, aKey, aLink, anOrder, aSettlement, HOUR, phoneHash, unique } from '../support/builders.ts'
import { openStoreHouse } from '../support/store-house.ts'

const house = await openStoreHouse()
const { store, rows, pool } = house

/** What only the person, the partner and we may know: none of it may be readable in the database (P9). */
const CANARIES = {
  phone: '+15125559876',
  email: 'canary.bird@example.com',
  token: 'push-token-canary-0123456789',
  firstName: 'Canarinha',
  lastName: 'Passarola',
  accountNumber: '014027000005555558',
  variable: 'variable-canary-17',
  metadata: 'metadata-canary-42',
  linkMetadata: 'link-metadata-canary-43',
  linkId: 'link_canary0123456789abcdef',
  url: 'https://links.example.com/l/canary-url-path',
  ownLinkId: 'link_owncanary987654321',
  ownUrl: 'https://links.example.com/l/own-canary-url',
  noticeLinkId: 'link_noticecanary555',
  newPhone: '+15125554321',
  apiKey: '',
  session: '',
}

it('holds no secret in the clear: not as text, hex or base64, in any column of any table', async () => {
  await liveAWholeLife()

  const dump = await dumpEverything()

  const found = Object.entries(CANARIES).filter(([, canary]) => occursIn(dump, canary))
  expect(found).toEqual([])
  expect(Object.values(CANARIES).filter((canary) => canary === '')).toEqual([])
})

it('would find one that was', async () => {
  await house.accept({ template: `tpl ${CANARIES.email}` })
  await house.accept({ template: `tpl ${Buffer.from(CANARIES.linkId).toString('hex')}` })
  await house.accept({ template: `tpl x${Buffer.from(CANARIES.phone).toString('base64')}` })

  const dump = await dumpEverything()

  expect([CANARIES.email, CANARIES.linkId, CANARIES.phone].map((canary) => occursIn(dump, canary))).toEqual([
    true,
    true,
    true,
  ])
  expect(occursIn(dump, CANARIES.accountNumber)).toBe(false)
})

async function liveAWholeLife() {
  const contact = {
    phone: CANARIES.phone,
    email: CANARIES.email,
    pushTokens: [CANARIES.token],
    name: { firstName: CANARIES.firstName, lastName: CANARIES.lastName },
  }
  const person = { contact, variables: { hint: CANARIES.variable }, metadata: { crmCaseId: CANARIES.metadata } }
  const order = anOrder({
    channels: ['sms', 'in_app'],
    person,
    recipient: { locale: 'es', timeZone: 'UTC', contact },
    userData: { name: contact.name, paymentMethod: { bankAccount: { accountNumber: CANARIES.accountNumber } } },
    linkOptions: { metadata: { case: CANARIES.linkMetadata } },
    idempotency: aKey(),
  })
  await store.intake.accept(order)
  await setSlots(pool, 1, 0)
  const work = await store.deliveries.work(await house.take(order.dispatch.id))
  expect(work?.dispatch.linkOptions).toEqual({ metadata: { case: CANARIES.linkMetadata } })
  expect(work?.person).toEqual(person)
  const link = aLink({ linkId: CANARIES.linkId, url: CANARIES.url })
  await store.deliveries.claim(aClaim(work!, { fresh: link }))
  await store.deliveries.settle(aSettlement(work!, { linkExpiresAt: link.expiresAt }))
  await store.changes.change(
    { id: work!.dispatchId, contact: { phone: CANARIES.newPhone }, channels: null, locale: null, timeZone: null },
    false,
  )
  await store.changes.inApp(work!.dispatch.referenceId)
  const raw = JSON.stringify({ data: { linkId: CANARIES.linkId, url: CANARIES.url } })
  await store.facts.record(aFact({ linkId: CANARIES.linkId, raw, referenceId: work!.dispatch.referenceId }))
  await store.facts.record(
    aFact({ type: 'user.data_request', linkId: CANARIES.noticeLinkId, raw: CANARIES.noticeLinkId }),
  )
  await store.suppressions.add({
    hash: phoneHash(CANARIES.phone),
    channel: 'sms',
    reason: 'opt_out',
    note: null,
    placedBy: 'test',
  })
  const expiresAt = new Date(Date.now() + 24 * HOUR)
  await house.accept({
    ownLink: { id: aLink().id, linkId: CANARIES.ownLinkId, url: CANARIES.ownUrl, expiresAt, requestedMs: 24 * HOUR },
  })
  const { key, caller } = await store.keys.make(unique('key'), ['send'])
  CANARIES.apiKey = key
  CANARIES.session = await store.keys.openSession('session', caller.keyId, HOUR)
}

/** Every row of every table, as the text the server would show. */
async function dumpEverything(): Promise<string> {
  const tables = await rows("select tablename as name from pg_tables where schemaname = 'app' order by 1")
  const dumps = await Promise.all(tables.map(({ name }) => rows(`select t::text as line from only app."${name}" t`)))
  const text = dumps
    .flat()
    .map(({ line }) => line)
    .join('\n')
  expect(tables.length).toBeGreaterThan(40)
  expect(text.length).toBeGreaterThan(5_000)
  return text
}

/** In the clear, in hex, and in base64 at each of its three offsets. */
function occursIn(dump: string, canary: string): boolean {
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), Buffer.from(canary)])
      .toString('base64')
      .slice(offset === 0 ? 0 : 4, -4),
  )
  return [canary, Buffer.from(canary).toString('hex'), ...base64].some((form) => dump.includes(form))
}
