import { expect } from 'vitest'
import type { AudienceRow } from '../../src/flow/ports-campaign.ts'
import { newUuid, readId } from '../../src/lib/id.ts'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { unique } from './builders.ts'
import type { House } from './house.ts'

// biome-ignore lint/suspicious/noExplicitAny: a campaign is what the test asks of it.
type Json = Record<string, any>

/** A draft with an audience of so many people, each reachable by SMS and email, where it is afternoon. */
export async function draftFor(
  house: House,
  people: number,
  wish: Json = {},
): Promise<{ id: string; rows: AudienceRow[] }> {
  const { status, text, body } = await house.call('POST', '/v1/campaigns', {
    name: 'Spring',
    category: 'transactional',
    reminders: null,
    ...wish,
  })
  expect(status, text).toBe(201)
  return { id: body['id'], rows: await fill(house, body['id'], people) }
}

export async function fill(house: House, shownId: string, people: number): Promise<AudienceRow[]> {
  const { audiences } = house.app.store
  const upload = { id: newUuid(), campaignId: campaignUuid(shownId) }
  const rows = Array.from({ length: people }, (_, i) => aRow(i + 1, afternoonZone(house.now())))
  await audiences.begin({ ...upload, source: 'file', about: {}, madeBy: 'test' })
  await audiences.take(upload, rows)
  await audiences.end(upload.id, 'done', { rows: people, taken: people, known: 0, doubled: 0, refused: 0 })
  return rows
}

export const campaignUuid = (shownId: string) => readId('cmp', shownId) ?? ''

let count = 0

function aRow(line: number, timeZone: string): AudienceRow {
  count += 1
  const referenceId = unique('row')
  const contact = { phone: `+1512556${String(count).padStart(4, '0')}`, email: `${referenceId}@example.com` }
  return {
    line,
    referenceId,
    contact,
    person: {
      userData: null,
      contact,
      channels: null,
      locale: 'en',
      timeZone,
      variables: {},
      metadata: { case: referenceId },
      ownLink: null,
    },
    locale: 'en',
    timeZone,
    zoneGiven: true,
    channels: ['sms', 'email'],
  }
}
