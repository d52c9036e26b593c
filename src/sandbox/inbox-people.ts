import type { InboxMessage } from './mailbox.ts'

/** Someone in the inbox: the addresses that were sent the same magic link belong to one person. */
export interface Person {
  /** The id of the person's oldest message. */
  id: string
  name: string
  addresses: { channel: InboxMessage['channel']; address: string }[]
  messages: InboxMessage[]
  last: InboxMessage
}

type NameOf = (linkId: string) => string | undefined

interface Group {
  id: string
  messages: InboxMessage[]
  keys: Set<string>
}

/** People, the one with the newest message first; named by a message, else by whoever knows their link. */
export function peopleOf(messages: InboxMessage[], nameOf: NameOf = () => undefined): Person[] {
  const groups = new Set<Group>()
  const byKey = new Map<string, Group>()
  for (const message of messages) {
    const keys = keysOf(message)
    const known = new Set(keys.flatMap((key) => byKey.get(key) ?? []))
    const group = joined([...known], message, keys)
    for (const former of known) groups.delete(former)
    groups.add(group)
    for (const key of known.size > 1 ? group.keys : keys) byKey.set(key, group)
  }
  return [...groups].map((group) => introduced(group, nameOf)).reverse()
}

/** The address, and the links inside; a footer's common URL names no person. */
function keysOf({ to, text, html, url }: InboxMessage): string[] {
  const links = [text, html, url].flatMap((part) => part?.match(/\blink_\w{6,}/g) ?? [])
  return [to.toLowerCase(), ...links]
}

function joined(known: Group[], message: InboxMessage, keys: string[]): Group {
  const [first, ...others] = known
  const group = first ?? { id: message.id, messages: [], keys: new Set() }
  for (const key of [...keys, ...others.flatMap((other) => [...other.keys])]) group.keys.add(key)
  if (others.length > 0) group.messages = known.flatMap(({ messages }) => messages).sort(byAge)
  group.messages.push(message)
  group.id = group.messages[0]?.id ?? message.id
  return group
}

const age = ({ id }: { id: string }) => Number(id.slice(1))
const byAge = (a: InboxMessage, b: InboxMessage) => age(a) - age(b)

function introduced({ id, messages, keys }: Group, nameOf: NameOf): Person {
  const [last] = messages.slice(-1)
  if (!last) throw new Error('a person without messages')
  const addresses = [
    ...new Map(messages.map(({ channel, to }) => [to.toLowerCase(), { channel, address: to }])).values(),
  ]
  const readable = addresses.find(({ channel }) => channel !== 'push') ?? addresses[0]
  const known = messages.findLast((message) => message.name)?.name ?? [...keys].map(nameOf).find(Boolean)
  const name = known ?? readable?.address ?? ''
  return { id, name, addresses, messages, last }
}
