import type net from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'

/** What a session does to its own socket, and what it says to DATA. */
export interface SessionHooks {
  /** Called at DATA, before 354: false when the hook answered (or hung up) itself. */
  onDataCommand(session: Session): boolean
}

export interface Session {
  id: string
  send(code: number, message: string): void
  drop(): void
}

/** The library's server with two doors it lacks: a greeting without its wait of 100 ms, and a say before 354. */
export class SandboxSmtpServer extends SMTPServer {
  readonly hooks: SessionHooks

  constructor(options: SMTPServerOptions, hooks: SessionHooks) {
    super(options)
    this.hooks = hooks
  }

  override connect(socket: net.Socket) {
    const connection = new SandboxConnection(this, socket)
    this.connections.add(connection)
    connection.on('error', (error) => this.emit('error', error))
    connection.init()
  }

  /** The running session with this id. */
  session(id: string): Session | undefined {
    const connection = [...this.connections].find((one) => one.session?.id === id)
    return connection && sessionOf(connection)
  }
}

class SandboxConnection extends SMTPConnection {
  override init() {
    this._setListeners(() => this.connectionReady())
  }

  override handler_DATA(command: Buffer, callback: () => void) {
    const { hooks } = this._server as SandboxSmtpServer
    const ready = this.session.envelope.rcptTo.length > 0
    if (ready && !hooks.onDataCommand(sessionOf(this))) return callback()
    super.handler_DATA(command, callback)
  }
}

const sessionOf = (connection: SMTPConnection): Session => ({
  id: connection.id,
  send: (code, message) => connection.send(code, message),
  drop: () => connection._socket.destroy(),
})
