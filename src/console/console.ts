import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import express, { Router } from 'express'
import { acting } from './campaigns/acting.ts'
import { campaigns } from './campaigns/campaigns.ts'
import { making } from './campaigns/making.ts'
import { takeBack } from './campaigns/take-back.ts'
import { dispatch } from './dispatch.ts'
import { makeDoor } from './door.ts'
import { list } from './list.ts'
import { newDispatch } from './new.ts'
import { guarded } from './policy.ts'
import type { ConsolePorts } from './ports.ts'
import { makeRoom } from './room.ts'
import { signIn } from './sign-in.ts'
import { makeStream } from './stream.ts'
import { system } from './system.ts'

const ASSETS = join(import.meta.dirname, 'assets')

/** The pages, for mounting at `/`; what they do not know is passed on. `close` ends the streams that pages hold open. */
export function makeConsole(ports: ConsolePorts): { router: Router; close(): void } {
  const version = versionOf(ASSETS)
  const room = makeRoom(ports, version)
  const door = makeDoor(ports.keys, ports.publicUrl)
  const stream = makeStream(ports.onChange)
  const router = Router()

  router.use('/assets/console', assets(version))
  router.use(PAGES, guarded)
  router.get(
    '/console/stream',
    door.only('read', ({ req, res }) => stream.open(req, res)),
  )
  router.use(signIn(room, door), list(room, door), dispatch(room, door), newDispatch(room, door), system(room, door))
  router.use(making(room, door), campaigns(room, door), acting(room, door), takeBack(room, door))
  return { router, close: stream.close }
}

const PAGES = /^\/(?:$|(?:sign-in|sign-out|search|dispatches|new|campaigns|take-back|system|holds|console)(?=\/|$))/i

/** A page names the version it was made for, so that a browser may keep it; whoever asks otherwise must ask again. */
const assets = (version: string) =>
  express.static(ASSETS, {
    index: false,
    redirect: false,
    setHeaders(res) {
      const current = res.req.url?.endsWith(`?v=${version}`)
      res.setHeader('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-cache')
      res.setHeader('X-Content-Type-Options', 'nosniff')
    },
  })

function versionOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('base64url').slice(0, 10)
}
