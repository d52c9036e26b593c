import type { Pool } from 'pg'
import type { Vault } from '../flow/ports.ts'
import { openLink } from './dispatch-rows.ts'
import { statement } from './sql.ts'

/** What an estimate reads beside the audience. */
export function makeEstimateStore(pool: Pool, vault: Vault) {
  return {
    /** The address of the link that was made last; null: none was made yet. */
    async lastLink(): Promise<string | null> {
      const [row] = await lastLink(pool, [])
      return row ? openLink(vault, row.id, row.sealed).url : null
    },
    /** Whose row came from this line of an upload. */
    async personAt(campaignId: string, { uploadId, line }: { uploadId: string; line: number }): Promise<string | null> {
      const [row] = await personAt(pool, [campaignId, uploadId, line])
      return row?.reference_id ?? null
    },
  }
}

const lastLink = statement<{ id: string; sealed: Buffer }>(
  'estimate-last-link',
  `select l.id, s.sealed from link l join link_secret s on s.link_id = l.id
   where l.origin = 'created' order by l.id desc limit 1`,
)
const personAt = statement<{ reference_id: string }>(
  'estimate-person-at',
  'select reference_id from audience_row where upload_id = $2::uuid and line = $3::int and campaign_id = $1::uuid',
)
