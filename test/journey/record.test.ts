import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkRecordFile } from '../../src/cli/check-record.ts'
import type { DispatchRecord, RecordFact } from '../../src/domain/record.ts'
import { openHouse } from '../support/house.ts'

const house = await openHouse()
const folder = mkdtempSync(join(tmpdir(), 'link-dispatcher-record-'))
afterAll(() => rmSync(folder, { recursive: true }))

const recordOf = async (id: string) => (await house.call('GET', `/v1/dispatches/${id}/record`)).body as DispatchRecord

/** What `dispatcher check-record` says of a file. */
async function check(record: DispatchRecord) {
  const file = join(folder, 'record.json')
  writeFileSync(file, JSON.stringify(record))
  const lines: string[] = []
  const code = await checkRecordFile(file, (line) => lines.push(line))
  return { code, verdicts: lines.map((line) => line.split(':')[0]) }
}

/** A record in which one fact reads otherwise than it was. */
const altered = (record: DispatchRecord, which: (fact: RecordFact) => boolean, change: object): DispatchRecord => ({
  ...record,
  facts: record.facts.map((fact) => (which(fact) ? ({ ...fact, ...change } as RecordFact) : fact)),
})

const LONG_AGO = '2020-01-01T00:00:00.000Z'

async function sentRemindedAndOpened() {
  const sent = await house.send({ channels: ['sms', 'email'], reminders: { after: ['PT24H', 'PT72H'] } })
  await house.advance('PT24H')
  await house.openLink(sent.referenceId)
  await house.world.idle()
  await house.advance('P7D')
  return { sent, record: await recordOf(sent.id) }
}

it('of a dispatch that was sent, reminded and opened tells it in order, and proves every promise', async () => {
  const { record } = await sentRemindedAndOpened()

  const told = record.facts.map((fact) => (fact.kind === 'told' ? fact.type : fact.kind))
  const order = ['dispatch.accepted', 'carried', 'claimed', 'settled', 'dispatch.sent', 'opened', 'dispatch.opened']
  expect(told.filter((kind, i) => order.includes(kind) && told.indexOf(kind) === i)).toEqual(order)
  expect(told).toContain('reminder.skipped')
  expect(record.facts.every((fact) => fact.kind !== 'told' || fact.sequence !== null)).toBe(true)
  expect(record).toMatchObject({ record: 1, world: 'sandbox', dispatch: { status: 'opened' } })
  expect(await check(record)).toEqual({ code: 0, verdicts: ['P2 holds', 'P3 holds', 'P6 holds'] })
})

it('that was altered by hand is caught', async () => {
  const { record } = await sentRemindedAndOpened()
  const first = record.facts.find((fact) => fact.kind === 'claimed')

  const openedBefore = altered(record, ({ kind }) => kind === 'opened', { fencedAt: LONG_AGO })
  const neverFenced = altered(record, ({ kind }) => kind === 'opened', { fencedAt: null })
  const dyingLink = altered(record, ({ kind }) => kind === 'carried', { expiresAt: LONG_AGO })
  const withoutClaim = { ...record, facts: record.facts.filter((fact) => fact !== first) }

  expect((await check(openedBefore)).verdicts).toContain('P2 broken')
  expect((await check(neverFenced)).verdicts).toContain('P2 unproven')
  expect((await check(dyingLink)).verdicts).toContain('P6 broken')
  expect(await check(withoutClaim)).toMatchObject({ code: 2 })
})

it('of a message that was sent again because a person asked, after the open, proves P2 all the same', async () => {
  const { sent } = await sentRemindedAndOpened()

  await house.call('POST', `/v1/dispatches/${sent.id}/resend`, { channel: 'sms' })
  await house.settled()

  const record = await recordOf(sent.id)
  const resend = record.steps.find(({ kind }) => kind === 'resend')
  expect(resend).toMatchObject({ status: expect.stringMatching(/handed|delivered/) })
  expect(await check(record)).toMatchObject({ code: 0 })
})

it('holds no address, no link and no name', async () => {
  const { sent, record } = await sentRemindedAndOpened()
  const text = JSON.stringify(record)

  const secrets = [
    sent.contact.phone?.slice(1),
    sent.contact.email,
    ...house.world.links(sent.referenceId).flatMap(({ linkId, url }) => [linkId, url]),
    'Ana',
  ]
  expect(secrets.filter((secret) => secret === undefined || text.includes(secret))).toEqual([])
})

it('is not there for a dispatch that is not', async () => {
  const { status } = await house.call('GET', '/v1/dispatches/dsp_06cfrm21s1xq2hbqf4q4q8w5rg/record')

  expect(status).toBe(404)
})

it('leaves no event without its number in the feed, and neither does the timeline', async () => {
  const sent = await house.accept()

  const { timeline } = await house.get(sent.id)
  const later = await house.accept()
  const { facts } = await recordOf(later.id)

  const numbers = [...timeline, ...facts.filter(({ kind }) => kind === 'told')].map(({ sequence }) => sequence)
  expect(numbers).toEqual(numbers.map(() => expect.any(Number)))
  expect(new Set(numbers).size).toBeGreaterThan(1)
})
