import type { Contact } from '../domain/dispatch.ts'
import type { Vault } from '../flow/ports.ts'
import type { AudiencePerson, AudienceRow } from '../flow/ports-campaign.ts'

export const audienceRowPlace = (campaignId: string, referenceId: string) => ({
  table: 'audience_row',
  row: `${campaignId}/${referenceId}`,
  column: 'sealed',
})
export const refusalPlace = (uploadId: string, line: number, place: number) => ({
  table: 'audience_refusal',
  row: `${uploadId}/${line}/${place}`,
  column: 'sealed',
})

/** `known`: what the recipient had stored where the row names no contact. */
interface SealedRow extends AudiencePerson {
  known?: Contact
}

export function sealRow(
  vault: Pick<Vault, 'seal'>,
  campaignId: string,
  { referenceId, person, contact }: Pick<AudienceRow, 'referenceId' | 'person' | 'contact'>,
): Buffer {
  const sealed: SealedRow = person.contact ? person : { ...person, known: contact }
  return vault.seal(JSON.stringify(sealed), audienceRowPlace(campaignId, referenceId))
}

export function openRow(
  vault: Pick<Vault, 'open'>,
  campaignId: string,
  { referenceId, sealed }: { referenceId: string; sealed: Buffer },
): Pick<AudienceRow, 'person' | 'contact'> {
  const text = vault.open(sealed, audienceRowPlace(campaignId, referenceId))
  const { known = {}, ...person } = JSON.parse(text) as SealedRow
  const { ownLink } = person
  return {
    person: { ...person, ownLink: ownLink && { ...ownLink, expiresAt: new Date(ownLink.expiresAt) } },
    contact: person.contact ?? known,
  }
}
