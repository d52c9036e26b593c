const served = new WeakMap()
const live = document.querySelector('.live')
const toast = document.querySelector('.toast')

remember(document)
dress(document)
document.querySelector('.person[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
follow()
document.addEventListener('submit', press)
document.addEventListener('click', copy)

/** What the server sent for each keyed piece, before this script touched it. */
function remember(root) {
  for (const piece of root.querySelectorAll('[data-key]')) served.set(piece, piece.outerHTML)
}

/** Local times, threads at their end, mails as tall as they are. */
function dress(root) {
  for (const time of root.querySelectorAll('time')) showLocally(time)
  for (const thread of root.querySelectorAll('.thread')) thread.scrollTop = thread.scrollHeight
  for (const frame of root.querySelectorAll('iframe')) grow(frame)
}

function showLocally(time) {
  const at = new Date(time.dateTime)
  const clock = { hour: '2-digit', minute: '2-digit' }
  const forms = {
    time: clock,
    day: { weekday: 'long', day: 'numeric', month: 'long' },
    full: { weekday: 'short', day: 'numeric', month: 'short', ...clock },
  }
  const parts = at.toLocaleString('en-GB', forms[time.dataset.as]).split(', ')
  time.textContent = parts.map((part) => part.replaceAll(' ', '\u00a0')).join(', ')
}

function grow(frame) {
  let width = 0
  const measure = () => {
    const page = frame.contentDocument?.documentElement
    if (!page || !frame.offsetParent) return
    frame.style.height = '0'
    frame.style.height = `${Math.max(page.scrollHeight, 120)}px`
  }
  frame.addEventListener('load', measure)
  new ResizeObserver(() => {
    if (frame.clientWidth === width) return
    width = frame.clientWidth
    measure()
  }).observe(frame.parentElement)
}

function follow() {
  const source = new EventSource('/inbox/stream')
  source.onopen = () => {
    say('on', 'Live')
    // What arrived since the page was made was told to nobody.
    void refresh()
  }
  source.onerror = () => say('off', 'Reconnecting…')
  source.addEventListener('change', refresh)
}

function say(state, word) {
  live.dataset.state = state
  live.firstElementChild.textContent = word
}

let running
let wanted = false

/** One refresh at a time; whatever changes meanwhile is one more. */
async function refresh() {
  wanted = true
  if (running) return
  running = true
  while (wanted) {
    wanted = false
    await fetch(location.href)
      .then((answer) => answer.text())
      .then(update)
      .catch(() => say('off', 'Reconnecting…'))
  }
  running = false
}

function update(text) {
  const fresh = new DOMParser().parseFromString(text, 'text/html')
  replace(document.querySelector('[data-key="clock"]'), fresh.querySelector('[data-key="clock"]'))
  const shell = fresh.querySelector('.shell')
  const here = document.querySelector('.shell')
  here.className = shell.className
  morph(here, shell)
}

/** Brings the keyed children of one element in line with another's, touching only those that changed. */
function morph(here, there) {
  const old = new Map([...here.children].map((child) => [child.dataset.key, child]))
  for (const [i, piece] of [...there.children].entries()) {
    const known = old.get(piece.dataset.key)
    old.delete(piece.dataset.key)
    const kept = known ? align(known, piece) : arrive(piece)
    if (here.children[i] !== kept) here.insertBefore(kept, here.children[i] ?? null)
  }
  for (const gone of old.values()) gone.remove()
}

function align(known, piece) {
  if (served.get(known) === piece.outerHTML) return known
  if (!('keyed' in piece.dataset)) return replace(known, piece)
  const sent = piece.outerHTML
  morph(known, piece)
  served.set(known, sent)
  return known
}

function replace(known, piece) {
  if (served.get(known) === piece.outerHTML) return known
  const focus = known.contains(document.activeElement) ? document.activeElement.value : undefined
  const added = arrive(piece, false)
  known.replaceWith(added)
  dress(added)
  if (focus) added.querySelector(`button[value="${focus}"]`)?.focus()
  return added
}

function arrive(piece, isNew = true) {
  const added = document.importNode(piece, true)
  served.set(added, piece.outerHTML)
  remember(added)
  dress(added)
  if (isNew) added.classList.add('fresh')
  return added
}

/** Buttons answer in place; without this script they are plain forms. */
async function press(event) {
  const form = event.target
  if (!('quiet' in form.dataset)) return
  event.preventDefault()
  if ('busy' in form.dataset) return
  form.dataset.busy = ''
  const body = new URLSearchParams(new FormData(form, event.submitter))
  const said = await fetch(form.action, { method: 'POST', body, headers: { accept: 'application/json' } })
    .then((answer) => (answer.ok ? answer.json() : { message: 'That did not work. The terminal says why.' }))
    .catch(() => ({ message: 'The sandbox does not answer.' }))
  delete form.dataset.busy
  tell(said.message)
  await refresh()
}

let hiding

function tell(message) {
  toast.textContent = message
  toast.classList.add('shown')
  clearTimeout(hiding)
  hiding = setTimeout(() => toast.classList.remove('shown'), 4000)
}

async function copy(event) {
  const button = event.target.closest('[data-copy]')
  if (!button) return
  await navigator.clipboard.writeText(button.closest('figure').querySelector('pre').textContent)
  tell('Copied. Run it in a terminal.')
}
