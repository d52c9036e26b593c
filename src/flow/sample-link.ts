import { SAMPLE_CODE } from '../domain/evergreen.ts'
import type { LinkOptions } from './ports-store.ts'

export interface SamplePorts {
  /** A link as the partner makes them now, of the right length and nobody's; `seen`: one of ours was looked at for it. */
  sampleLink(): Promise<{ url: string; seen: boolean }>
  /** Where codes of ours lead; null: nowhere. */
  codesBase: string | null
}

export interface SampleLink {
  url: string
  /** Its length is not known from a link of ours. */
  assumed: boolean
}

/** The address as it will stand in a message of these options: as long as the real one, and nobody's. */
export async function sampleLinkFor(ports: SamplePorts, options: LinkOptions): Promise<SampleLink> {
  if (ports.codesBase !== null && options.mode === 'evergreen')
    return { url: `${ports.codesBase}${SAMPLE_CODE}`, assumed: false }
  const { url, seen } = await ports.sampleLink()
  return { url: withFlow(url, options.flow ?? USUAL_FLOW), assumed: !seen }
}

/** The partner's, where the order names none (reference, 4.1). */
const USUAL_FLOW = 'm2m-basic'

/** The flow is the last part of the path, behind the id (reference, 2). */
export function withFlow(url: string, flow: string): string {
  const [, before] = /^(https?:\/\/[^/]+\/.*[^/]\/)[^/]+$/.exec(url) ?? []
  return before === undefined ? url : `${before}${encodeURIComponent(flow)}`
}

/** The same letters for all: a link that was somebody's, and is nobody's now. */
export function anonymous(url: string): string {
  const [, host = '', path = ''] = /^(https?:\/\/[^/]+)(\/.*)$/.exec(url) ?? []
  return `${host}${path.replaceAll(/[a-z]/g, 'x').replaceAll(/[A-Z]/g, 'X').replaceAll(/\d/g, '0')}`
}
