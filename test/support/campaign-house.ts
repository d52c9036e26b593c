import { randomBytes } from 'node:crypto'
import { afterAll, expect } from 'vitest'
import type { AudiencePerson, Campaign, NewCampaign } from '../../src/flow/ports-campaign.ts'
import { showId } from '../../src/lib/id.ts'
import { afternoonZone } from '../../src/lib/welcome.ts'
import { makePool } from '../../src/store/pool.ts'
import { makeStore, type Store } from '../../src/store/store.ts'
import { makeVault } from '../../src/vault/vault.ts'
import { unique } from './builders.ts'
import { aCampaign, addRows } from './campaigns.ts'
import { eventually, type House } from './house.ts'

const vaultKey = randomBytes(32)
const lookupKey = randomBytes(32)

/** A house that is opened with these keys opens what a test has sealed. */
export const CAMPAIGN_ENV = {
  VAULT_KEYS: `k1:${vaultKey.toString('base64')}`,
  LOOKUP_KEYS: `l1:${lookupKey.toString('base64')}`,
}
const vault = makeVault({ keys: [{ id: 'k1', key: vaultKey }], lookupKeys: [{ id: 'l1', key: lookupKey }] })

export interface Member {
  referenceId: string
  contact: NonNullable<AudiencePerson['contact']>
  timeZone: string
}

export interface Campaigning {
  store: Store
  rows(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** A campaign that was started over these people. */
  run(wish: Parameters<typeof aCampaign>[0], people: Member[]): Promise<NewCampaign>
  people(count: number, wish?: Partial<Member>): Member[]
  one(id: string): Promise<Campaign>
  /** Placed over HTTP: answered when nothing of it can start any more. */
  pause(id: string): Promise<string>
  resume(holdId: string): Promise<void>
  /** Resolves when it is over. */
  ended(id: string): Promise<Campaign>
}

let count = 0

/** Makes and starts campaigns in the database of a house that was opened with `CAMPAIGN_ENV`. */
export function campaignsOf(house: House): Campaigning {
  const pool = makePool({ url: house.databaseUrl, max: 4, onError: () => undefined })
  afterAll(() => pool.end())
  const store = makeStore({ pool, vault, slots: false, monotonic: () => performance.now() })
  const one = async (id: string) => {
    const found = await store.campaigns.one(id)
    if (!found) throw new Error('the campaign is not there')
    return found
  }
  return {
    store,
    one,
    rows: async (sql, values = []) => (await pool.query(sql, values)).rows,
    async run(wish, people) {
      const campaign = aCampaign(wish)
      await store.campaigns.create(campaign)
      await addRows(
        { pool },
        campaign.id,
        people.map(({ referenceId, contact, timeZone }, i) => ({
          referenceId,
          timeZone,
          bucket: i % 10_000,
          person: { contact, timeZone },
        })),
        vault,
      )
      await store.campaigns.start(campaign.id, 'test')
      return campaign
    },
    people: (wanted, wish = {}) =>
      Array.from({ length: wanted }, () => ({
        referenceId: unique('member'),
        contact: { phone: `+1512666${String(++count).padStart(4, '0')}` },
        timeZone: afternoonZone(house.now()),
        ...wish,
      })),
    async pause(id) {
      const { status, text, body } = await house.call('POST', '/v1/holds', {
        scope: 'campaign',
        value: showId('cmp', id),
        reason: 'a test',
      })
      expect(status, text).toBeLessThan(300)
      return body['id']
    },
    async resume(holdId) {
      const { status, text } = await house.call('DELETE', `/v1/holds/${holdId}`)
      expect(status, text).toBeLessThan(300)
    },
    ended: (id) =>
      eventually(async () => {
        const campaign = await one(id)
        expect(campaign.endedAt).not.toBeNull()
        return campaign
      }),
  }
}
