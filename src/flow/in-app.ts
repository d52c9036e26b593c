import { type Failure, failure } from '../domain/failure.ts'
import type { ChangeStore } from './ports-read.ts'

export interface InAppPorts {
  changes: Pick<ChangeStore, 'inApp'>
  wake(): void
}
export interface PlacedLink {
  dispatchId: string
  url: string
  expiresAt: Date
}

/** The link for the app's own button. The first fetch is the hand-over of that surface, and starts what counts from it. */
export async function inApp(
  ports: InAppPorts,
  referenceId: string,
): Promise<{ placed: PlacedLink } | { failure: Failure }> {
  const found = await ports.changes.inApp(referenceId)
  if (!found) return { failure: failure('no_link') }
  if (found.first) ports.wake()
  const { url, expiresAt } = found.link
  return { placed: { dispatchId: found.dispatchId, url, expiresAt } }
}
