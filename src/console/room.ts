import express, { type RequestHandler } from 'express'
import type { Caller } from '../flow/ports-read.ts'
import type { Frame } from './layout.ts'
import { ownPagesOnly } from './policy.ts'
import type { ConsolePorts } from './ports.ts'

/** What every page handler is given. */
export interface Room {
  ports: ConsolePorts
  frame(caller: Caller | null): Frame
  /** What stands before every handler of a form. */
  form: RequestHandler[]
}

export function makeRoom(ports: ConsolePorts, version: string): Room {
  return {
    ports,
    frame: (caller) => ({ ports, version, caller, now: ports.now() }),
    form: [ownPagesOnly, express.urlencoded({ extended: false, limit: '32kb' })],
  }
}
