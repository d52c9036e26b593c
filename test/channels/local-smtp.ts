import { type AddressInfo, createServer, type Socket } from 'node:net'
import { afterEach } from 'vitest'

/** What a stage answers: a reply, or how the connection ends. `cut: <bytes>` writes bytes without an end and closes. */
type Answer = string | 'drop' | 'reset' | 'silent' | `cut: ${string}`
type Stage = 'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'message'
export type Script = { [stage in Stage]?: Answer | ((connection: number) => Answer | undefined) }

interface LocalSmtp {
  port: number
  url: string
  connections: () => number
  /** Every command line, as it came. */
  commands: string[]
  /** Every message that got past its dot. */
  messages: string[]
  /** Resolves when the next connection has ended. */
  nextEnd: () => Promise<void>
  dropAll: () => Promise<void>
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const EHLO = '250-relay.local\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-AUTH PLAIN\r\n250 SIZE 1000000'
const FINE: Record<Stage, string> = {
  greeting: '220 relay.local ESMTP',
  ehlo: EHLO,
  starttls: '454 4.7.0 TLS not available',
  auth: '235 2.7.0 welcome',
  mail: '250 2.1.0 ok',
  rcpt: '250 2.1.5 ok',
  data: '354 go ahead',
  body: '',
  message: '250 2.0.0 queued',
}

/** A relay that follows a script, stage by stage. */
export async function localSmtp(script: Script = {}): Promise<LocalSmtp> {
  const sockets = new Set<Socket>()
  const commands: string[] = []
  const messages: string[] = []
  let connections = 0
  const ends: (() => void)[] = []
  const server = createServer((socket) => {
    const mine = ++connections
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      sockets.delete(socket)
      for (const tell of ends.splice(0)) tell()
    })
    serve(socket, (stage) => {
      const told = script[stage]
      return (typeof told === 'function' ? told(mine) : told) ?? FINE[stage]
    })
  })

  function serve(socket: Socket, answerOf: (stage: Stage) => Answer): void {
    let buffered = ''
    let inBody = false
    let over = false
    let accepted = 0
    answer('greeting')
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1')
      let more = true
      while (!over && more) more = inBody ? takeBody() : takeLine()
    })

    function takeLine(): boolean {
      const end = buffered.indexOf('\r\n')
      if (end < 0) return false
      const line = buffered.slice(0, end)
      buffered = buffered.slice(end + 2)
      commands.push(line)
      obey(line.split(/[ :]/)[0]?.toUpperCase() ?? '')
      return true
    }

    function obey(verb: string): void {
      const verbs: Record<string, () => unknown> = {
        EHLO: () => answer('ehlo'),
        STARTTLS: () => answer('starttls'),
        AUTH: () => answer('auth'),
        MAIL: () => {
          accepted = 0
          answer('mail')
        },
        RCPT: () => {
          accepted += answer('rcpt') ? 1 : 0
        },
        DATA: beginBody,
        RSET: () => socket.write('250 2.0.0 reset\r\n'),
        QUIT: () => socket.end('221 2.0.0 bye\r\n'),
      }
      const known = verbs[verb] ?? (() => socket.write('500 5.5.2 what?\r\n'))
      known()
    }

    function beginBody(): void {
      if (accepted === 0 && script.data === undefined) socket.write('503 5.5.1 no valid recipients\r\n')
      else inBody = answer('data')
    }

    function takeBody(): boolean {
      if (script.body && /^[^.]/.test(buffered)) return answer('body')
      const end = endOfBody(buffered)
      if (end < 0) return false
      if (end > 0) messages.push(buffered.slice(0, end))
      buffered = buffered.slice(end + 3)
      inBody = false
      answer('message')
      return true
    }

    /** Whether the answer was a yes. */
    function answer(stage: Stage): boolean {
      const told = answerOf(stage)
      over = /^(drop|reset|silent|cut: )/.test(told)
      if (told === 'reset') socket.resetAndDestroy()
      else if (told === 'drop' || told.startsWith('cut: ')) socket.end(told.slice('cut: '.length))
      else if (told !== 'silent') socket.write(told && `${told}\r\n`)
      return /^[23]/.test(told)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  const nextEnd = () => new Promise<void>((resolve) => ends.push(resolve))
  return {
    port,
    url: `smtp://127.0.0.1:${port}`,
    connections: () => connections,
    commands,
    messages,
    nextEnd,
    async dropAll() {
      const ended = nextEnd()
      for (const socket of sockets) socket.end()
      await ended
    },
  }
}

/** Where the lone dot stands, or -1. */
function endOfBody(text: string): number {
  if (text.startsWith('.\r\n')) return 0
  const before = text.indexOf('\r\n.\r\n')
  return before < 0 ? -1 : before + 2
}
