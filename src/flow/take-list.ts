import { type AudiencePorts, beginTaking, type NamedPerson, type Taking } from './audience.ts'
import type { AudienceTarget, Upload } from './ports-campaign.ts'

/**
 * People of earlier campaigns become an audience, by the same rules as those of a file; `line` counts them. Null: the
 * campaign was over before all were taken.
 */
export async function takeList(
  ports: AudiencePorts,
  list: { campaign: AudienceTarget } & Pick<Upload, 'about' | 'madeBy'>,
  people: AsyncIterable<Pick<NamedPerson, 'referenceId' | 'person'>>,
): Promise<Pick<Taking, 'id' | 'counts' | 'errors'> | null> {
  const taking = await beginTaking(ports, { ...list, source: 'list', nameOf: (path) => path })
  let line = 0
  for await (const { referenceId, person } of people)
    if (!(await taking.take({ line: ++line, referenceId, person, text: null }))) return over(taking)
  return (await taking.end('done')) ? taking : null
}

async function over(taking: Taking): Promise<null> {
  await taking.end('broken')
  return null
}
