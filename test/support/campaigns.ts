import { ONLY_VARIANT, USUAL_BRAKE } from '../../src/domain/campaign.ts'
import type { AudiencePerson, CampaignPlan, NewCampaign } from '../../src/flow/ports-campaign.ts'
import { newUuid } from '../../src/lib/id.ts'
import { sealRow } from '../../src/store/audience-seal.ts'
import { testVault, unique } from './builders.ts'
import type { StoreHouse } from './store-house.ts'

export const aPlan = (wish: Partial<CampaignPlan> = {}): CampaignPlan => ({
  template: 'magic-link',
  channels: ['sms', 'email'],
  reminders: null,
  link: {},
  ifActive: 'join',
  suspectOpens: 'stop',
  fallBackMs: null,
  variants: [{ name: ONLY_VARIANT, weight: 1 }],
  holdout: 0,
  variables: {},
  ...wish,
})

export const aCampaign = ({
  plan,
  ...wish
}: Partial<Omit<NewCampaign, 'plan'>> & { plan?: Partial<CampaignPlan> } = {}): NewCampaign => ({
  id: newUuid(),
  name: unique('campaign'),
  category: 'transactional',
  plan: aPlan(plan),
  startAt: null,
  localStart: null,
  validUntil: null,
  ownWindow: null,
  perHour: null,
  brake: USUAL_BRAKE,
  recurrence: null,
  madeBy: 'test',
  ...wish,
})

export interface RowWish {
  referenceId?: string
  timeZone?: string
  bucket?: number
  person?: Partial<AudiencePerson>
}

/** Rows as an upload leaves them: they wait, and have no time yet. */
export async function addRows(
  { pool }: Pick<StoreHouse, 'pool'>,
  campaignId: string,
  wishes: RowWish[],
  vault = testVault,
): Promise<string[]> {
  const rows = wishes.map((wish, i) => ({
    referenceId: unique('user'),
    timeZone: 'America/Chicago',
    bucket: i,
    ...wish,
  }))
  const sealed = rows.map(({ referenceId, person }) =>
    sealRow(vault, campaignId, { referenceId, person: aPerson(person), contact: {} }),
  )
  await pool.query(
    `insert into audience_row (campaign_id, reference_id, upload_id, line, locale, time_zone, zone_given, channels, bucket, hashes, sealed, status)
     select $1, r.reference_id, $1, r.place, 'en', r.time_zone, true, 'sms,email', r.bucket, '{}', r.sealed, 'waiting'
     from unnest($2::text[], $3::text[], $4::int[], $5::bytea[]) with ordinality as r (reference_id, time_zone, bucket, sealed, place)`,
    [campaignId, rows.map((r) => r.referenceId), rows.map((r) => r.timeZone), rows.map((r) => r.bucket), sealed],
  )
  return rows.map(({ referenceId }) => referenceId)
}

export const aPerson = (wish: Partial<AudiencePerson> = {}): AudiencePerson => ({
  userData: null,
  contact: { phone: '+15125550123', email: 'ana@example.com' },
  channels: null,
  locale: null,
  timeZone: 'America/Chicago',
  variables: {},
  metadata: null,
  ownLink: null,
  ...wish,
})
