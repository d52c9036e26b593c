import { endsCodes } from '../domain/evergreen.ts'
import type { ChangePorts } from './change.ts'
import type { Vault } from './ports.ts'
import type { EvergreenStore, FoundCode } from './ports-evergreen.ts'
import { resend } from './resend.ts'

export interface FollowPorts {
  evergreen: Pick<EvergreenStore, 'find' | 'ask'>
  vault: Pick<Vault, 'lookups'>
  /** Why nobody may be led to this address; undefined when they may. */
  distrust(url: string): string | undefined
}

/** Where a code leads: to its link, to a button, to word that a fresh link was asked for, or nowhere. */
export type Lead =
  | { kind: 'link'; url: string; locale: string }
  | { kind: 'button' | 'asked'; locale: string }
  /** `distrusted`: there is a link, on a host that is not the partner's. */
  | { kind: 'nowhere'; distrusted: boolean }

/** Changes nothing: whoever follows links, person or scanner, may come by. */
export async function follow(ports: FollowPorts, code: string | undefined): Promise<Lead> {
  return leadOf(ports, await find(ports, code))
}

/** The button: a fresh link to the address on file, at most so often. Who pressed it learns nothing and gets nothing. */
export async function askForFresh(ports: FollowPorts & ChangePorts, code: string | undefined): Promise<Lead> {
  const found = await find(ports, code)
  const lead = leadOf(ports, found)
  if (!found || lead.kind !== 'button') return lead
  if (await ports.evergreen.ask(found.hash))
    // Nobody to write to any more: that is not for whoever pressed the button to know.
    await resend(ports, { id: found.dispatchId, channel: null, locale: null, contact: null })
  return { kind: 'asked', locale: lead.locale }
}

const find = async ({ evergreen, vault }: FollowPorts, code: string | undefined): Promise<FoundCode | null> =>
  code === undefined ? null : evergreen.find(vault.lookups('evergreen', code))

function leadOf({ distrust }: FollowPorts, found: FoundCode | null): Lead {
  if (!found || endsCodes(found.status)) return { kind: 'nowhere', distrusted: false }
  const { url, locale, asked, over } = found
  if (url !== null) return distrust(url) ? { kind: 'nowhere', distrusted: true } : { kind: 'link', url, locale }
  return over ? { kind: 'nowhere', distrusted: false } : { kind: asked ? 'asked' : 'button', locale }
}
