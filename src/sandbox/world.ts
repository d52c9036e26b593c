import type { Faults } from './faults.ts'
import type { PartnerIds } from './partner-ids.ts'
import type { LinkRecord, Operation, PartnerState } from './partner-state.ts'
import type { Opening, PartnerUser } from './partner-user.ts'
import type { Delivery, Webhooks } from './partner-webhooks.ts'
import type { makeSwitches, Switches } from './switches.ts'
import type { Visitor } from './user-agent.ts'

/** A link by its id, or the newest one of a user. */
export type Which = { linkId: string } | { referenceId: string }

export type ShownLink = Omit<LinkRecord, 'token'> & { status: 'created' | 'opened' | 'revoked'; active: boolean }

/** One call the partner got: what a test counts to see that a limit holds. */
export interface Call {
  at: Date
  method: string
  path: string
  status: number
}

/** What a test or `/__sim` does to the partner's world. Nothing of this exists at the real partner. */
export interface World {
  now(): Date
  /** Moves the clock, then waits for every webhook delivery that fell due. */
  advance(ms: number): Promise<void>
  links(referenceId?: string): ShownLink[]
  /** Resolves after the first delivery of `link.opened` was tried. */
  openLink(which: Which, visitor?: Visitor): Promise<Opening | 'unknown'>
  /** The person sends money. Undefined for an unknown or dead link. */
  completeOperation(which: Which, amount?: number): Operation | undefined
  cancelOperation(which: Which, reason?: string): Operation | undefined
  /** What happens later and is told by no webhook. */
  settleOperation(operationId: string, status: 'processing' | 'completed' | 'failed', reason?: string): boolean
  /** Lets links die now. */
  expireLink(which: Which): boolean
  operations(): Operation[]
  suspend(): void
  unsuspend(): void
  revokeKey(): void
  restoreKey(): void
  /** Returns the new secret. */
  rotateSecret(secret?: string): string
  deliveries(): Delivery[]
  replay(id: string): boolean
  /** Sends any signed event. Resolves after its first attempt. */
  emit(event: string, data: Record<string, unknown>): Promise<void>
  /** Resolves when no delivery is in flight or due now. */
  idle(): Promise<void>
  calls(): Call[]
  readonly faults: Faults
  config(): Switches
  configure(some: { [Name in keyof Switches]?: Switches[Name] | undefined }): Switches
  reset(): void
}

export interface WorldOptions {
  state: PartnerState
  user: PartnerUser
  webhooks: Webhooks
  faults: Faults
  ids: PartnerIds
  settings: ReturnType<typeof makeSwitches>
  calls: { list(): Call[]; reset(): void }
  door: { reset(): void }
  now: () => Date
  onAdvance: (ms: number) => Promise<void>
  onReset?: (() => void) | undefined
}

export function makeWorld(options: WorldOptions): World {
  const { state, user, webhooks, faults, ids, settings, calls, door, now } = options
  const find = (which: Which) =>
    'linkId' in which ? state.find(which.linkId) : state.linksOf(which.referenceId).at(-1)
  const show = (link: LinkRecord): ShownLink => {
    const { token: _, ...shown } = user.show(link)
    return shown
  }

  return {
    now,
    async advance(ms) {
      await options.onAdvance(ms)
      await webhooks.idle()
    },
    links: (referenceId) => (referenceId === undefined ? state.links : state.linksOf(referenceId)).map(show),
    async openLink(which, visitor = {}) {
      const link = find(which)
      if (!link) return 'unknown'
      const { opening, told } = user.open(link, visitor)
      await told
      return opening
    },
    completeOperation(which, amount = 200) {
      const link = find(which)
      return link && user.complete(link, amount)
    },
    cancelOperation(which, reason = 'user_cancelled') {
      const link = find(which)
      return link && user.cancel(link, reason)
    },
    settleOperation(operationId, status, reason) {
      const operation = state.operations.get(operationId)
      if (!operation) return false
      operation.status = status
      if (status === 'completed') operation.completedAt = now()
      if (status === 'failed') Object.assign(operation, { failedAt: now(), failureReason: reason ?? 'payout_rejected' })
      return true
    },
    expireLink(which) {
      const link = find(which)
      if (link) link.expiresAt = now()
      return Boolean(link)
    },
    operations: () => [...state.operations.values()].map((operation) => ({ ...operation })),
    suspend: () => {
      state.account.suspended = true
    },
    unsuspend: () => {
      state.account.suspended = false
    },
    revokeKey: () => {
      state.account.keyRevoked = true
    },
    restoreKey: () => {
      state.account.keyRevoked = false
    },
    rotateSecret(secret = ids.secret()) {
      webhooks.rotate(secret)
      return secret
    },
    deliveries: webhooks.deliveries,
    replay: webhooks.replay,
    emit: (event, data) => webhooks.emit(event, data),
    idle: webhooks.idle,
    calls: calls.list,
    faults,
    config: () => ({ ...settings.switches }),
    configure(some) {
      settings.change(some)
      return { ...settings.switches }
    },
    reset() {
      for (const part of [state, webhooks, faults, settings, calls, door]) part.reset()
      options.onReset?.()
    },
  }
}
