import { Router } from 'express'
import { textAt } from './cip-fields.ts'
import type { Faults } from './faults.ts'
import { makeFailures } from './partner-answers.ts'
import { makeDoor } from './partner-door.ts'
import { makePartnerIds } from './partner-ids.ts'
import { makePartnerRoutes } from './partner-routes.ts'
import { makePartnerState } from './partner-state.ts'
import { makePartnerUser } from './partner-user.ts'
import { makeWebhooks } from './partner-webhooks.ts'
import { recordCalls } from './recorded-calls.ts'
import { makeSimRoutes } from './sim-routes.ts'
import { makeSwitches } from './switches.ts'
import { makeWidget } from './widget.ts'
import { makeWorld, type World } from './world.ts'

export interface PartnerStandInOptions {
  /** Where people and programs reach the stand-in; links point here. */
  baseUrl: string
  partnerKey: string
  webhookSecret: string
  webhookUrl: string
  faults: Faults
  now: () => Date
  onAdvance: (ms: number) => Promise<void>
  /** What else forgets on a reset. */
  onReset?: () => void
  random: () => number
  log: (event: object) => void
}

export interface PartnerStandIn {
  router: Router
  world: World
  /** The name of the user whose link this is, where the partner was told. */
  nameOf(linkId: string): string | undefined
  close(): Promise<void>
}

/** The M2M partner: its API, its webhooks, its widget page, and the controls under `/__sim`. */
export function makePartnerStandIn(options: PartnerStandInOptions): PartnerStandIn {
  const { baseUrl, partnerKey, webhookSecret, webhookUrl, faults, now, onAdvance, onReset, random, log } = options
  const ids = makePartnerIds(random)
  const settings = makeSwitches()
  const { switches } = settings
  const state = makePartnerState({ now, ids, baseUrl })
  const webhooks = makeWebhooks({ url: webhookUrl, secret: webhookSecret, now, ids, faults, switches, log })
  const user = makePartnerUser({ state, webhooks, ids, faults, switches, now, baseUrl })
  const failures = makeFailures(switches)
  const door = makeDoor({ partnerKey, state, switches, failures, now })
  const calls = recordCalls(now)
  const world = makeWorld({ state, user, webhooks, faults, ids, settings, calls, door, now, onAdvance, onReset })

  const router = Router()
  router.use('/partner', calls.record, makePartnerRoutes({ state, user, door, failures, faults, switches, now }))
  router.use(makeWidget({ state, user }))
  router.use('/__sim', makeSimRoutes(world))
  const nameOf = (linkId: string) => {
    const { userData = null } = state.find(linkId) ?? {}
    const parts = ['name.firstName', 'name.lastName'].map((path) => textAt(userData, path))
    return parts.filter(Boolean).join(' ') || undefined
  }
  return { router, world, nameOf, close: webhooks.close }
}
