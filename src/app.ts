import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { AcceptPorts } from './flow/accept.ts'
import { makeClosers } from './lib/closers.ts'
import type { Sandbox } from './sandbox/sandbox.ts'
import type { Store } from './store/store.ts'
import { openDoor } from './wiring/door.ts'
import { openGround } from './wiring/ground.ts'
import { openOutside } from './wiring/outside.ts'
import { openRoad, type RoadOptions } from './wiring/road.ts'

export interface App {
  /** Where this process listens; undefined without the `api` role. */
  url: string | undefined
  apiKey: string
  /** A command that shows the whole story, in the sandbox. */
  example: string | undefined
  /** Present in the sandbox. */
  sandbox: Sandbox | undefined
  accepting: AcceptPorts
  store: Store
  /** A link that signs a person into the console, once. */
  signInLink(): Promise<string>
  /** Resolves when everything that is due now was sent, and its events are numbered. */
  settled(): Promise<void>
  /** Stops intake, stops taking jobs, finishes what runs, closes. */
  stop(): Promise<void>
}

/** Opens everything in order; what opens pushes its closer, and a failure on the way closes what was opened. */
export async function startApp(config: Config, log: Logger, options: RoadOptions = {}): Promise<App> {
  const closers = makeClosers()
  try {
    const ground = await openGround(config, log, closers)
    const outside = await openOutside(ground)
    const road = await openRoad(ground, outside, options)
    return await openDoor(ground, outside, road)
  } catch (error) {
    await closers.closeAll()
    throw error
  }
}
