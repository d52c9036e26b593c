import type { Pool } from 'pg'
import type { ResendStore } from '../flow/ports-read.ts'
import { addResend } from './changes.ts'
import { doneOnce } from './made-once.ts'

const ACCEPTED = 202

export function makeResendStore(pool: Pool): ResendStore {
  return {
    addOnce: ({ id, channels, keyHash, bodyHash, show }) =>
      doneOnce(pool, { keyHash, bodyHash }, ACCEPTED, async (client) => {
        const { n, channel, due_at, template } = await addResend(client, id, channels)
        return {
          location: null,
          body: show({
            n,
            kind: 'resend',
            channel,
            status: 'pending',
            reason: null,
            dueAt: due_at,
            handedAt: null,
            afterMs: null,
            provider: null,
            confirmed: null,
            template,
          }),
        }
      }),
  }
}
