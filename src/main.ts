import { type App, startApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { makeLog } from './lib/log.ts'
import { welcome } from './lib/welcome.ts'

/** The door: read the configuration, start what the roles ask for, stop on a signal. */
async function main(): Promise<void> {
  const config = readConfig()
  const log = makeLog({ level: config.logLevel, pretty: process.stdout.isTTY })
  for (const warning of config.warnings) log.warn(warning)
  const app = await startApp(config, log)
  stopOnSignal(app)
  console.log(
    welcome({
      url: app.url,
      world: config.world,
      signIn: app.url && (await app.signInLink()),
      inbox: app.sandbox?.url,
      apiKey: config.sandbox.on ? app.apiKey : undefined,
      example: app.example,
    }),
  )
}

function stopOnSignal(app: App): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(130)
      stopping = true
      app.stop().then(
        () => process.exit(0),
        (error) => fail(error),
      )
    })
  }
}

function fail(error: unknown): void {
  const plain = error instanceof ConfigError || (error instanceof Error && !(error instanceof TypeError))
  console.error(plain ? error.message : error)
  process.exit(1)
}

main().catch(fail)
