import type { Logger } from 'pino'
import { type App, startApp } from './app.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import { monotonic } from './lib/clock.ts'
import { makeLog } from './lib/log.ts'
import { welcome } from './lib/welcome.ts'

/** A second Ctrl-C no sooner than this gives up waiting: npm repeats the first one, which the terminal sent to both. */
const PATIENCE_MS = 1_000
/** Whoever started us waits about this long before they kill; what is still under way then is found again by its lease. */
const STOP_WITHIN_MS = 29_000

/** The door: read the configuration, start what the roles ask for, stop on a signal. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = makeLog({ level: config.logLevel, pretty: process.stdout.isTTY })
  for (const warning of config.warnings) log.warn(warning)
  const opening = open(config, log)
  // A start under way comes to its end first: only then is it known what there is to stop.
  const signalled = stopOnSignal(async () => {
    log.info('stopping')
    await (await opening).app.stop()
  })
  const { greeting } = await opening
  if (!signalled()) console.log(greeting)
}

async function open(config: Config, log: Logger): Promise<{ app: App; greeting: string }> {
  const app = await startApp(config, log)
  const greeting = welcome({
    url: app.url,
    world: config.world,
    signIn: app.url && (await app.signInLink()),
    inbox: app.sandbox?.url,
    apiKey: config.sandbox.on ? app.apiKey : undefined,
    example: app.example,
  })
  return { app, greeting }
}

/** Answers whether a signal has come. */
function stopOnSignal(stop: () => Promise<void>): () => boolean {
  let since: number | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (since !== undefined && monotonic() - since > PATIENCE_MS) process.exit(130)
      if (since !== undefined) return
      since = monotonic()
      setTimeout(
        () => fail(new Error('Something did not end in 29 seconds; the next start finds it.')),
        STOP_WITHIN_MS,
      ).unref()
      stop().then(() => process.exit(0), fail)
    })
  }
  return () => since !== undefined
}

function fail(error: unknown): void {
  const plain = error instanceof ConfigError || (error instanceof Error && !(error instanceof TypeError))
  console.error(plain ? error.message : error)
  process.exit(1)
}

main().catch(fail)
