/**
 * Brings one element in line with another, touching only what differs: focus, scroll and open disclosures stay.
 * Children with `data-key` are matched by it, others by place and kind. Answers the keyed ones that are new.
 */
export function morph(here, there) {
  matchAttributes(here, there)
  const keyed = new Map([...here.children].filter(keyOf).map((child) => [keyOf(child), child]))
  const arrived = []
  let place = here.firstChild
  for (const wanted of there.childNodes) {
    const known = counterpart(keyed, place, wanted)
    const kept = put(here, known ?? document.importNode(wanted, true), place)
    if (known) arrived.push(...update(known, wanted))
    else if (keyOf(wanted)) arrived.push(kept)
    place = kept.nextSibling
  }
  removeFrom(place)
  return arrived
}

function counterpart(keyed, place, wanted) {
  if (keyOf(wanted)) return keyed.get(keyOf(wanted))
  const same = place && !keyOf(place) && place.nodeName === wanted.nodeName && place.id === wanted.id
  return same ? place : undefined
}

const put = (here, node, place) => (node === place ? node : here.insertBefore(node, place))

function update(here, there) {
  if (here.nodeType === Node.ELEMENT_NODE) return isTheirs(here) || here.isEqualNode(there) ? [] : morph(here, there)
  if (here.data !== there.data) here.data = there.data
  return []
}

function removeFrom(first) {
  for (let node = first; node; ) {
    const next = node.nextSibling
    node.remove()
    node = next
  }
}

/** What a person is at work on is theirs until it is done. */
const isTheirs = (node) => 'own' in node.dataset

const keyOf = (node) => node.dataset?.key

/** What a person opened is theirs. */
const THEIRS = new Set(['open', 'class'])

function matchAttributes(here, there) {
  for (const { name, value } of there.attributes) if (here.getAttribute(name) !== value) here.setAttribute(name, value)
  for (const { name } of [...here.attributes]) {
    if (!there.hasAttribute(name) && !THEIRS.has(name)) here.removeAttribute(name)
  }
}
