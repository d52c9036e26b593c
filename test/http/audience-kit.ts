import { expect } from 'vitest'
import { readId } from '../../src/lib/id.ts'
import type { House } from '../support/house.ts'

// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test asks of it.
type Json = Record<string, any>

/** A draft, and what can be done to its audience. */
export async function aCampaign(house: House, wish: Json = {}) {
  const made = await house.call('POST', '/v1/campaigns', { name: 'Spring', category: 'transactional', ...wish })
  expect(made.status, made.text).toBe(201)
  const id: string = made.body['id']
  const path = `/v1/campaigns/${id}/audience`
  const asCsv = { 'Content-Type': 'text/csv' }
  return {
    id,
    path,
    upload: (text: string, query: Record<string, string> = {}, headers: Record<string, string> = asCsv) =>
      house.call('POST', `${path}${searchOf(query)}`, text, headers),
    /** Bytes as they are. */
    async uploadBytes(bytes: Uint8Array<ArrayBuffer>, query: Record<string, string> = {}) {
      const answer = await fetch(`${house.url}${path}${searchOf(query)}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${house.app.apiKey}`, ...asCsv },
        body: bytes,
      })
      return { status: answer.status, body: (await answer.json()) as Json }
    },
    uploadJson: (lines: unknown[]) =>
      house.call(
        'POST',
        path,
        lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
        {
          'Content-Type': 'application/x-ndjson',
        },
      ),
    uploads: async (): Promise<Json[]> => (await house.call('GET', path)).body['items'],
    refused: async ({ body }: { body: Json }) => (await house.call('GET', body['refusals'])).text.replace('\uFEFF', ''),
    rows: async (): Promise<Json> => {
      const found = await house.app.store.audiences.page(readId('cmp', id) ?? '', null, 10_000)
      return Object.fromEntries(found.map((row) => [row.referenceId, row]))
    },
  }
}

const searchOf = (query: Record<string, string>) =>
  Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`
